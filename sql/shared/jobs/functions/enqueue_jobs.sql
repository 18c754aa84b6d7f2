-- Enqueues one job for each payload and returns their ids in that order. Each of the other arrays is as long as the
-- payloads, or null for the queue's own rules. A key that the queue knows already adds nothing: the id is the first
-- job's, even while that one's transaction is still under way (this one then waits for its end).
CREATE OR REPLACE FUNCTION enqueue_jobs(
    queue text, payloads jsonb[], keys text[] DEFAULT NULL, priorities integer[] DEFAULT NULL,
    run_ats timestamptz[] DEFAULT NULL, max_attempts integer DEFAULT NULL
) RETURNS bigint[]
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    ids bigint[];
BEGIN
    IF keys IS NULL THEN
        WITH added AS (
            -- Each row has the time of its insertion: what is enqueued together is in order, and no two are equal.
            INSERT INTO jobs (queue_id, priority, run_at, max_attempts, payload)
            SELECT q.id, coalesce(item.priority, 5), coalesce(item.run_at, clock_timestamp()),
                   coalesce(enqueue_jobs.max_attempts, q.max_attempts), item.payload
            FROM job_queues AS q, unnest(payloads, priorities, run_ats) AS item (payload, priority, run_at)
            WHERE q.name = queue
            RETURNING id
        )
        SELECT array_agg(id) INTO ids FROM added;
    ELSE
        ids := ARRAY(SELECT nextval('jobs_id_seq') FROM generate_series(1, cardinality(payloads)));
        WITH item AS MATERIALIZED (
            SELECT q.id AS queue_id, q.max_attempts AS queue_max_attempts, given.*
            FROM job_queues AS q, unnest(ids, payloads, keys, priorities, run_ats)
                 AS given (id, payload, key, priority, run_at)
            WHERE q.name = queue
        ), fresh AS (
            -- In the order of keys: two who enqueue the same ones queue up instead of waiting in a circle.
            INSERT INTO job_keys (queue_id, key, job_id)
            SELECT queue_id, key, id FROM item WHERE key IS NOT NULL ORDER BY key, id
            ON CONFLICT ON CONSTRAINT job_keys_pkey DO NOTHING
            RETURNING job_id
        )
        INSERT INTO jobs (id, queue_id, priority, run_at, max_attempts, payload)
        SELECT id, queue_id, coalesce(priority, 5), coalesce(run_at, clock_timestamp()),
               coalesce(enqueue_jobs.max_attempts, queue_max_attempts), payload
        FROM item
        WHERE key IS NULL OR id IN (SELECT job_id FROM fresh);

        -- A statement of its own: only its snapshot has the jobs that others committed while the one above waited.
        SELECT array_agg(coalesce(
            (SELECT known.job_id FROM job_keys AS known WHERE known.queue_id = q.id AND known.key = given.key), given.id
        ) ORDER BY given.place) INTO ids
        FROM job_queues AS q, unnest(ids, keys) WITH ORDINALITY AS given (id, key, place)
        WHERE q.name = queue;
    END IF;

    IF ids IS NULL AND cardinality(payloads) > 0 THEN
        PERFORM refuse_unknown_queue(queue);
    END IF;
    PERFORM pg_notify('jobs', name) FROM job_queues WHERE name = queue AND wake AND cardinality(ids) > 0;
    RETURN coalesce(ids, '{}');
END
$$;

-- The same for one job.
CREATE OR REPLACE FUNCTION enqueue_job(
    queue text, payload jsonb DEFAULT '{}', key text DEFAULT NULL, priority integer DEFAULT NULL,
    run_at timestamptz DEFAULT NULL, max_attempts integer DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
    RETURN (enqueue_jobs(
        queue, ARRAY[payload], CASE WHEN key IS NOT NULL THEN ARRAY[key] END,
        ARRAY[priority], ARRAY[run_at], max_attempts
    ))[1];
END
$$;
