"""Reads seed.toml and its reference files: one frozen Definition, every problem with its line."""
