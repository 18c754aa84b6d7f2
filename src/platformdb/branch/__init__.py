"""A branch's migrations against those of its base in git."""
