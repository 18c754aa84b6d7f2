"""The whole way from nothing to a benchmarked database in one command."""
