-- Ends jobs of a claim that are done; returns those that the claim still held. Strict, it raises if one was lost (to
-- another worker, when the lease had ended, or because it was cancelled): with the work's effects in the same
-- transaction, a job's effects then happen exactly once.
CREATE OR REPLACE FUNCTION complete_jobs(claim bigint, jobs bigint[], strict boolean DEFAULT TRUE) RETURNS bigint[]
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    done bigint[];
    lost bigint[];
BEGIN
    IF EXISTS (SELECT FROM job_queues WHERE keep_done IS NOT NULL) THEN
        WITH gone AS (
            DELETE FROM jobs AS j WHERE j.id = ANY (complete_jobs.jobs) AND j.claim = complete_jobs.claim RETURNING j.*
        ), kept AS (
            INSERT INTO done_jobs (id, queue_id, attempt, payload, worker, created_at)
            SELECT gone.id, gone.queue_id, gone.attempt, gone.payload, gone.worker, gone.created_at
            FROM gone JOIN job_queues AS q ON q.id = gone.queue_id
            WHERE q.keep_done IS NOT NULL
        )
        SELECT array_agg(gone.id) INTO done FROM gone;
    ELSE
        WITH gone AS (
            DELETE FROM jobs AS j WHERE j.id = ANY (complete_jobs.jobs) AND j.claim = complete_jobs.claim RETURNING j.id
        )
        SELECT array_agg(gone.id) INTO done FROM gone;
    END IF;
    IF strict AND coalesce(cardinality(done), 0) < cardinality(complete_jobs.jobs) THEN
        lost := ARRAY(SELECT unnest(complete_jobs.jobs) EXCEPT SELECT unnest(done) ORDER BY 1);
    END IF;
    IF cardinality(lost) > 0 THEN
        RAISE EXCEPTION 'claim % has lost jobs: %', claim, lost
            USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'jobs', CONSTRAINT = 'jobs_claim_held',
                  HINT = 'Roll back: others do them, or they were cancelled. Send heartbeats before leases end.';
    END IF;
    RETURN coalesce(done, '{}');
END
$$;
