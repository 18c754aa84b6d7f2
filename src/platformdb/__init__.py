"""platformdb: schema and migration toolkit for PostgreSQL."""

__version__ = "0.1.0"
