-- Makes dead letters of jobs.
CREATE OR REPLACE FUNCTION bury_jobs(jobs bigint[], reason text) RETURNS void
LANGUAGE sql
AS $$
    WITH gone AS (DELETE FROM jobs AS j WHERE j.id = ANY (bury_jobs.jobs) RETURNING j.*)
    INSERT INTO dead_jobs (id, queue_id, priority, attempt, max_attempts, payload, error, created_at)
    SELECT id, queue_id, priority, attempt, max_attempts, payload, reason, created_at FROM gone
$$;
