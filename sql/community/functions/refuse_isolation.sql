-- Used where a count is set anew after a wait for locks.
\ir ../../shared/functions/refuse_isolation.sql
