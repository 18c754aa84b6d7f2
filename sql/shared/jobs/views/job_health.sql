-- A row for each queue: what an operator looks at first. It reads all jobs that are left to do, so look every few
-- seconds rather than at every request.
CREATE OR REPLACE VIEW job_health AS
SELECT
    q.name AS queue,
    q.paused_at IS NOT NULL AS paused,
    coalesce(waiting.depth, 0) AS depth,
    coalesce(waiting.ready, 0) AS ready,
    coalesce(waiting.scheduled, 0) AS scheduled,
    coalesce(waiting.in_flight, 0) AS in_flight,
    coalesce(waiting.expired, 0) AS expired,
    coalesce(waiting.failing, 0) AS failing,
    coalesce(now() - waiting.oldest_ready, '0') AS oldest_ready,
    (SELECT count(*) FROM dead_jobs AS d WHERE d.queue_id = q.id) AS dead,
    CASE WHEN q.keep_done IS NOT NULL THEN (
        SELECT count(*) FROM done_jobs AS d WHERE d.queue_id = q.id AND d.done_at > now() - interval '1 hour'
    ) END AS done_last_hour
FROM job_queues AS q
LEFT JOIN (
    SELECT
        queue_id,
        count(*) AS depth,
        count(*) FILTER (WHERE run_at <= now() AND leased_until <= now()) AS ready,
        count(*) FILTER (WHERE run_at > now()) AS scheduled,
        count(*) FILTER (WHERE leased_until > now()) AS in_flight,
        count(*) FILTER (WHERE claim <> 0 AND leased_until <= now()) AS expired,
        count(*) FILTER (WHERE error IS NOT NULL) AS failing,
        min(run_at) FILTER (WHERE run_at <= now() AND leased_until <= now()) AS oldest_ready
    FROM jobs
    GROUP BY queue_id
) AS waiting ON waiting.queue_id = q.id;

COMMENT ON VIEW job_health IS 'For each queue: depth, oldest job that is due, in flight, failures, dead letters.';
