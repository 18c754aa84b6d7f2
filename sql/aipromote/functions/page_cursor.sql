-- Pages of the calendar and of the content library.
\ir ../../shared/functions/page_cursor.sql
