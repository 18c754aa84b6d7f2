"""Everything that talks to a PostgreSQL server. psycopg is only here."""
