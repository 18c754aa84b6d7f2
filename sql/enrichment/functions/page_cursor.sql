-- Cursors of the member list and of the message history.
\ir ../../shared/functions/page_cursor.sql
