-- Puts dead letters back into their queues, under their own ids, with all their attempts before them; returns those
-- that were there. SELECT retry_dead_jobs(array_agg(id)) FROM dead_jobs WHERE …
CREATE OR REPLACE FUNCTION retry_dead_jobs(jobs bigint[]) RETURNS bigint[]
LANGUAGE sql
AS $$
    WITH gone AS (
        DELETE FROM dead_jobs AS d WHERE d.id = ANY (retry_dead_jobs.jobs) RETURNING d.*
    ), back AS (
        INSERT INTO jobs AS j (id, queue_id, priority, max_attempts, payload, error, created_at)
        SELECT id, queue_id, priority, max_attempts, payload, error, created_at FROM gone
        RETURNING j.id
    )
    SELECT coalesce(array_agg(id), '{}') FROM back
$$;
