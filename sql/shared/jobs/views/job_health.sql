-- A row for each queue: what an operator looks at first. It reads all jobs that are left to do in the queues that are asked
-- for, so look every few seconds rather than at every request.
CREATE OR REPLACE VIEW job_health AS
SELECT
    q.name AS queue,
    q.paused_at IS NOT NULL AS paused,
    waiting.depth,
    waiting.ready,
    waiting.scheduled,
    waiting.in_flight,
    waiting.expired,
    waiting.failing,
    coalesce(now() - waiting.oldest_ready, '0') AS oldest_ready,
    (SELECT count(*) FROM dead_jobs AS d WHERE d.queue_id = q.id) AS dead,
    CASE WHEN q.keep_done IS NOT NULL THEN (
        SELECT count(*) FROM done_jobs AS d WHERE d.queue_id = q.id AND d.done_at > now() - interval '1 hour'
    ) END AS done_last_hour
FROM job_queues AS q
-- For each queue by itself: who asks for a short one does not wait for the count of a long one.
CROSS JOIN LATERAL (
    SELECT
        count(*) AS depth,
        count(*) FILTER (WHERE run_at <= now() AND leased_until <= now()) AS ready,
        count(*) FILTER (WHERE run_at > now()) AS scheduled,
        count(*) FILTER (WHERE leased_until > now()) AS in_flight,
        count(*) FILTER (WHERE claim <> 0 AND leased_until <= now()) AS expired,
        count(*) FILTER (WHERE error IS NOT NULL) AS failing,
        min(run_at) FILTER (WHERE run_at <= now() AND leased_until <= now()) AS oldest_ready
    FROM jobs
    WHERE jobs.queue_id = q.id
) AS waiting;

COMMENT ON VIEW job_health IS 'For each queue: depth, oldest job that is due, in flight, failures, dead letters.';
