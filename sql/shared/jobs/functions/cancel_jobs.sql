-- Takes jobs out of their queue and sets their idempotency keys free; returns those that were there. A job in flight is
-- taken from its worker, who learns it from the next heartbeat or when completing.
CREATE OR REPLACE FUNCTION cancel_jobs(jobs bigint[]) RETURNS bigint[]
LANGUAGE sql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
    WITH gone AS (
        DELETE FROM jobs AS j WHERE j.id = ANY (cancel_jobs.jobs) RETURNING j.id
    ), freed AS (
        DELETE FROM job_keys AS k WHERE k.job_id = ANY (ARRAY(SELECT id FROM gone))
    )
    SELECT coalesce(array_agg(id), '{}') FROM gone
$$;
