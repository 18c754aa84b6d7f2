-- Queue health: how long a queue is, how late, and what has failed.

-- platformdb: persona=busiest
SELECT queue FROM job_health ORDER BY depth DESC, queue LIMIT 1;

-- platformdb: persona=quiet
SELECT queue FROM job_health ORDER BY depth, queue LIMIT 1;

-- platformdb: target_ms=50
SELECT *
FROM job_health
WHERE queue = $1;
