"""Gets the rows of a planned seed into the database: in one transaction, or on several connections in stages."""
