"""The queries that a platform is used with: files, for whom they run, plans, and the work that they make."""
