-- The job queue's functions and its trigger, for a platform that has its tables (tables.sql).
\ir functions/job_backoff.sql
\ir functions/refuse_unknown_queue.sql
\ir functions/refuse_queue_with_jobs.sql
\ir functions/bury_jobs.sql
\ir functions/longest_waiting_priority.sql
\ir functions/enqueue_jobs.sql
\ir functions/claim_jobs.sql
\ir functions/heartbeat_jobs.sql
\ir functions/complete_jobs.sql
\ir functions/fail_jobs.sql
\ir functions/release_jobs.sql
\ir functions/cancel_jobs.sql
\ir functions/retry_dead_jobs.sql
\ir functions/pause_queue.sql
\ir functions/drain_queue.sql
\ir functions/purge_jobs.sql
