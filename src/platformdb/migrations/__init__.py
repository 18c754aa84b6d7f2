"""Versioned and repeatable migration files, and what became of them."""
