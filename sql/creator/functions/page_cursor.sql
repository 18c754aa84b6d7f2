-- Keyset pagination of the lists.
\ir ../../shared/functions/page_cursor.sql
