-- How the five queues are.
\ir ../../shared/jobs/views/job_health.sql
