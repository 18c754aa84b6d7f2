"""Fills a database with believable data."""
