"""What a database holds, as values, and the pictures and pages made of it."""
