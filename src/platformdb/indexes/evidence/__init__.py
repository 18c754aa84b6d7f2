"""What each index is worth: what the queries cost without it, and what the writes cost with it."""
