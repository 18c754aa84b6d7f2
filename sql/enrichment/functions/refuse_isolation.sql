-- Called by what waits for a lock and must then see what the others committed.
\ir ../../shared/functions/refuse_isolation.sql
