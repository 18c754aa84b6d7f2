"""What is judged: plans as contracts, work, time."""
