"""The embedded server: a PostgreSQL of one project, in its ``.platformdb/`` folder."""
