"""New projects and new migration files."""
