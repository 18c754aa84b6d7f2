-- For work that waits for a lock and must then see what others committed.
\ir ../../shared/functions/refuse_isolation.sql
