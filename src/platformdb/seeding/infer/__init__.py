"""Writes a seed.toml for a database that exists: from its schema, and from the shape of its rows where it has some."""
