-- Used by the pages of feeds and member directories.
\ir ../../shared/functions/page_cursor.sql
