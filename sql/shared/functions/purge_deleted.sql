-- Soft delete, its end: takes out for good what was marked as deleted long enough ago.
--
-- A batch and its COMMIT at a time, so that no lock is held for long and a stop loses nothing; CALL it outside any
-- transaction. Rows that somebody else has locked are left for the next run; rows that others still refer to stay, and
-- a warning says how many. An index on deleted_at keeps it cheap.
CREATE OR REPLACE PROCEDURE purge_deleted(
    target regclass, older_than interval DEFAULT '30 days', batch_size integer DEFAULT 1000, INOUT purged bigint DEFAULT 0
)
LANGUAGE plpgsql
AS $$
DECLARE
    size      integer := batch_size;
    behind    record := ROW('-infinity'::timestamptz, 0::oid, '(0,0)'::tid);
    batch     record;
    rows_gone bigint;
    kept      bigint := 0;
BEGIN
    IF batch_size >= 1 IS NOT TRUE OR older_than >= interval '0' IS NOT TRUE THEN
        RAISE EXCEPTION 'purge_deleted: batch_size must be above 0, and older_than no time to come'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOOP
        BEGIN
            EXECUTE format(
                -- Places are only unique within one partition.
                'SELECT array_agg(relation) AS relations, array_agg(place) AS places,'
                '       (array_agg(ROW(deleted_at, relation, place) ORDER BY number DESC))[1] AS last'
                ' FROM (SELECT deleted_at, tableoid AS relation, ctid AS place, 1 AS number FROM %1$s'
                ' WHERE deleted_at < now() - $1'
                ' LIMIT $2 FOR UPDATE SKIP LOCKED) AS old',
                target
            ) INTO batch USING older_than, size;
        END;
        EXIT;
    END LOOP;
END
$$;
