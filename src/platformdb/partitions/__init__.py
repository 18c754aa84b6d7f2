"""Partitions by time: made ahead, watched, retired."""
