"""Denormalised counts: checking and repairing them."""
