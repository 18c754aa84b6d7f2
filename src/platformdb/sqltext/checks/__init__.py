"""What CHECK expressions ask of values: read as far as they are understood, and judged as PostgreSQL would."""
