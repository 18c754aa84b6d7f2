"""A run of bench as one page: the table, the plans beside those of the reference, and what became of it over runs."""
