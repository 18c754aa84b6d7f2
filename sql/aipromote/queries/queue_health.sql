-- Queue health: how long a queue is, how late, and what has failed.

-- platformdb: personas="jobs"
SELECT queue, depth AS weight FROM job_health;

-- platformdb: target_ms=50 whole="jobs, dead_jobs, done_jobs" reason="it counts what is in them"
SELECT *
FROM job_health
WHERE queue = $1;
