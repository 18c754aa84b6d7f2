-- Soft delete, its end: takes out for good what was marked as deleted long enough ago.
--
-- A batch and its COMMIT at a time, so that no lock is held for long and a stop loses nothing; CALL it outside any
-- transaction. Rows that somebody else has locked are left for the next run. An index on deleted_at keeps it cheap.
CREATE OR REPLACE PROCEDURE purge_deleted(
    target regclass, older_than interval DEFAULT '30 days', batch_size integer DEFAULT 1000, INOUT purged bigint DEFAULT 0
)
LANGUAGE plpgsql
AS $$
DECLARE
    rows_gone bigint;
BEGIN
    IF batch_size < 1 OR older_than < interval '0' THEN
        RAISE EXCEPTION 'purge_deleted: batch_size must be above 0, and older_than no time to come'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOOP
        EXECUTE format(
            -- Places are only unique within one partition. MATERIALIZED: the batch is chosen once, whatever the plan.
            'WITH old AS MATERIALIZED ('
            'SELECT tableoid, ctid FROM %1$s WHERE deleted_at < now() - $1 ORDER BY deleted_at LIMIT $2 '
            'FOR UPDATE SKIP LOCKED) '
            'DELETE FROM %1$s AS gone USING old WHERE gone.tableoid = old.tableoid AND gone.ctid = old.ctid',
            target
        ) USING older_than, batch_size;
        GET DIAGNOSTICS rows_gone = ROW_COUNT;
        purged := purged + rows_gone;
        COMMIT;
        EXIT WHEN rows_gone < batch_size;
    END LOOP;
END
$$;
