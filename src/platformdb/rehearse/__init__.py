"""Pending migrations, run on a clone and measured."""
