"""Who holds the runner lock, and how to take it from somebody who is stuck."""
