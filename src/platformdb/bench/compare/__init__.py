"""Two versions of a platform, measured in turns."""
