-- How the queue of the mails stands.
\ir ../../shared/jobs/views/job_health.sql
