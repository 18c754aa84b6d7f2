-- Takes out done jobs and idempotency keys that have been kept as long as their queue says; a key of a job that is
-- still to be done stays. A batch and its COMMIT at a time: CALL it outside a transaction, daily.
CREATE OR REPLACE PROCEDURE purge_jobs(batch_size integer DEFAULT 1000, INOUT purged bigint DEFAULT 0)
LANGUAGE plpgsql
AS $$
DECLARE
    rows_gone bigint;
BEGIN
    IF batch_size >= 1 IS NOT TRUE THEN
        RAISE EXCEPTION 'purge_jobs: batch_size must be above 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOOP
        DELETE FROM done_jobs
        WHERE ctid = ANY (ARRAY(
            SELECT d.ctid FROM done_jobs AS d JOIN job_queues AS q ON q.id = d.queue_id
            WHERE d.done_at < now() - coalesce(q.keep_done, '0')
            LIMIT batch_size FOR UPDATE OF d SKIP LOCKED));
        GET DIAGNOSTICS rows_gone = ROW_COUNT;
        purged := purged + rows_gone;
        COMMIT;
        EXIT WHEN rows_gone < batch_size;
    END LOOP;
    LOOP
        DELETE FROM job_keys
        WHERE ctid = ANY (ARRAY(
            SELECT k.ctid FROM job_keys AS k JOIN job_queues AS q ON q.id = k.queue_id
            WHERE k.created_at < now() - q.keep_keys
              AND NOT EXISTS (SELECT FROM jobs AS j WHERE j.id = k.job_id)
              AND NOT EXISTS (SELECT FROM dead_jobs AS d WHERE d.id = k.job_id)
            LIMIT batch_size FOR UPDATE OF k SKIP LOCKED));
        GET DIAGNOSTICS rows_gone = ROW_COUNT;
        purged := purged + rows_gone;
        COMMIT;
        EXIT WHEN rows_gone < batch_size;
    END LOOP;
END
$$;
