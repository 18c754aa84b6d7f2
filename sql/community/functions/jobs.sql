-- The queue email: everything that is done with jobs.
\ir ../../shared/jobs/functions.sql
