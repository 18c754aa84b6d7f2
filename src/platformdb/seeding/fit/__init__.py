"""Whether rows fit the database: its facts, what its constraints allow, what a refusal means."""
