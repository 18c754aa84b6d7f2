-- Pauses a queue and waits until nothing of it is in flight, or until ``patience`` ends: in_flight says how many jobs
-- are left. CALL it outside a transaction, so that others see the pause. resume_queue opens the queue again.
CREATE OR REPLACE PROCEDURE drain_queue(
    queue text, patience interval DEFAULT '30 seconds', INOUT in_flight bigint DEFAULT NULL
)
LANGUAGE plpgsql
AS $$
DECLARE
    until    timestamptz := clock_timestamp() + patience;
    claiming text[];
BEGIN
    PERFORM pause_queue(queue);
    COMMIT;
    -- A claim that began before the pause may not be committed yet, and nobody can count its jobs: first its
    -- transaction must end. Claims that begin now see the pause.
    claiming := ARRAY(SELECT jobs_being_claimed());
    LOOP
        claiming := ARRAY(SELECT unnest(claiming) INTERSECT SELECT jobs_being_claimed());
        SELECT cardinality(claiming) + count(*) INTO in_flight
        FROM jobs AS j JOIN job_queues AS q ON q.id = j.queue_id
        WHERE q.name = queue AND j.leased_until > clock_timestamp();
        EXIT WHEN in_flight = 0 OR clock_timestamp() >= until;
        -- The transaction ends before the wait, so that VACUUM is not held up.
        COMMIT;
        PERFORM pg_sleep(0.05);
    END LOOP;
END
$$;

-- The other transactions that have claimed jobs and not ended yet, of any queue. Claiming alone locks the table in mode
-- ROW SHARE (FOR UPDATE), so they are known by their locks.
CREATE OR REPLACE FUNCTION jobs_being_claimed() RETURNS SETOF text
LANGUAGE sql
AS $$
    SELECT virtualtransaction
    FROM pg_locks
    WHERE relation = 'jobs'::regclass
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode = 'RowShareLock' AND granted AND pid <> pg_backend_pid()
$$;
