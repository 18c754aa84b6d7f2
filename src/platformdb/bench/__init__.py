"""Benchmarks with targets."""
