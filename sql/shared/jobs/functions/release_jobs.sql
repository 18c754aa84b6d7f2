-- Gives back jobs of a claim that were not begun, as a worker does that stops; the attempt does not count.
CREATE OR REPLACE FUNCTION release_jobs(claim bigint, jobs bigint[]) RETURNS bigint[]
LANGUAGE sql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
    WITH released AS (
        UPDATE jobs AS j
        SET leased_until = '-infinity', claim = 0, worker = NULL, attempt = j.attempt - 1
        WHERE j.id = ANY (release_jobs.jobs) AND j.claim = release_jobs.claim
        RETURNING j.id
    )
    SELECT coalesce(array_agg(id), '{}') FROM released
$$;

-- Sets free what a worker held that is known to be dead, without waiting for its leases to end. The attempt counts:
-- it may have been the job that killed the worker. Returns how many.
CREATE OR REPLACE FUNCTION release_worker(worker text) RETURNS bigint
LANGUAGE sql
AS $$
    WITH released AS (
        UPDATE jobs AS j
        SET leased_until = '-infinity', claim = 0, worker = NULL, error = 'worker ' || release_worker.worker || ' died'
        WHERE j.worker = release_worker.worker
        RETURNING 1
    )
    SELECT count(*) FROM released
$$;
