"""Other tools' histories, taken over; their directories, converted."""
