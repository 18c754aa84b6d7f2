-- Says that jobs of a claim failed, with an error for each. They are tried again after a wait that doubles with each
-- attempt, or after ``retry_in``; without attempts left, or with ``retry`` false, they become dead letters (retry_at
-- null). Jobs that the claim does not hold any more are left out: whoever has them now decides.
CREATE OR REPLACE FUNCTION fail_jobs(
    claim bigint, jobs bigint[], errors text[] DEFAULT NULL, retry boolean DEFAULT TRUE, retry_in interval DEFAULT NULL
) RETURNS TABLE (id bigint, retry_at timestamptz)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE jobs AS j
    SET run_at = clock_timestamp() + coalesce(
            retry_in,
            (SELECT job_backoff(j.attempt, q.backoff, q.backoff_cap) FROM job_queues AS q WHERE q.id = j.queue_id)
        ),
        leased_until = '-infinity', claim = 0, worker = NULL,
        error = coalesce(errors[array_position(fail_jobs.jobs, j.id)], 'unknown error')
    WHERE j.id = ANY (fail_jobs.jobs) AND j.claim = fail_jobs.claim AND retry AND j.attempt < j.max_attempts
    RETURNING j.id, j.run_at;

    RETURN QUERY
    WITH gone AS (
        DELETE FROM jobs AS j WHERE j.id = ANY (fail_jobs.jobs) AND j.claim = fail_jobs.claim RETURNING j.*
    )
    INSERT INTO dead_jobs AS d (id, queue_id, priority, attempt, max_attempts, payload, error, created_at)
    SELECT g.id, g.queue_id, g.priority, g.attempt, g.max_attempts, g.payload,
           coalesce(errors[array_position(fail_jobs.jobs, g.id)], 'unknown error'), g.created_at
    FROM gone AS g
    RETURNING d.id, NULL::timestamptz;
END
$$;
