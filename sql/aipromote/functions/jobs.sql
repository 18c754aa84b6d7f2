-- The functions of the five queues.
\ir ../../shared/jobs/functions.sql
