-- Extends the lease of a claim's jobs from now on; returns those that the claim still holds. The others are lost: stop.
CREATE OR REPLACE FUNCTION heartbeat_jobs(claim bigint, jobs bigint[], lease interval DEFAULT NULL) RETURNS bigint[]
LANGUAGE sql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
    WITH held AS (
        UPDATE jobs AS j
        SET leased_until = clock_timestamp()
            + coalesce(heartbeat_jobs.lease, (SELECT q.lease FROM job_queues AS q WHERE q.id = j.queue_id))
        WHERE j.id = ANY (heartbeat_jobs.jobs) AND j.claim = heartbeat_jobs.claim
        RETURNING j.id
    )
    SELECT coalesce(array_agg(id), '{}') FROM held
$$;
