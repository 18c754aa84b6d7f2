-- Soft delete, its end: takes out for good what was marked as deleted long enough ago.
--
-- A batch and its COMMIT at a time, so that no lock is held for long and a stop loses nothing; CALL it outside any
-- transaction. Rows that somebody else has locked are left for the next run. Rows that others still refer to stay, and
-- a warning says how many: one of them must not keep all the others. An index on deleted_at keeps it cheap.
CREATE OR REPLACE PROCEDURE purge_deleted(
    target regclass, older_than interval DEFAULT '30 days', batch_size integer DEFAULT 1000, INOUT purged bigint DEFAULT 0
)
LANGUAGE plpgsql
AS $$
DECLARE
    size      bigint := batch_size;
    kept      bigint := 0;
    rows_gone bigint;
    times     timestamptz[];
    relations oid[];
    places    tid[];
    -- The last row that was looked at.
    behind_at       timestamptz := '-infinity';
    behind_relation oid := 0;
    behind_place    tid := '(0,0)';
BEGIN
    IF (batch_size >= 1 AND older_than >= interval '0') IS NOT TRUE THEN
        RAISE EXCEPTION 'purge_deleted: batch_size must be above 0, and older_than no time to come'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    LOOP
        BEGIN
            EXECUTE format(
                -- Places are only unique within one partition.
                'SELECT array_agg(deleted_at), array_agg(relation), array_agg(place) FROM ('
                'SELECT deleted_at, tableoid AS relation, ctid AS place FROM %s '
                'WHERE deleted_at < now() - $1 AND (deleted_at, tableoid, ctid) > ($2, $3, $4) '
                'ORDER BY deleted_at, tableoid, ctid LIMIT $5 FOR UPDATE SKIP LOCKED) AS old',
                target
            ) INTO times, relations, places USING older_than, behind_at, behind_relation, behind_place, size;
            EXIT WHEN places IS NULL;
            EXECUTE format(
                'DELETE FROM %s AS gone USING unnest($1, $2) AS old (relation, place) '
                'WHERE gone.tableoid = old.relation AND gone.ctid = old.place',
                target
            ) USING relations, places;
            GET DIAGNOSTICS rows_gone = ROW_COUNT;
            -- Deferred keys would object to the COMMIT, where nobody can catch it.
            SET CONSTRAINTS ALL IMMEDIATE;
            purged := purged + rows_gone;
            size := least(size * 2, batch_size);
        EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN
            IF size > 1 THEN
                size := size / 2;
                CONTINUE;
            END IF;
            kept := kept + 1;
        END;
        behind_at := times[cardinality(times)];
        behind_relation := relations[cardinality(relations)];
        behind_place := places[cardinality(places)];
        COMMIT;
    END LOOP;
    IF kept > 0 THEN
        RAISE WARNING '% deleted rows of % stay: others still refer to them', kept, target;
    END IF;
END
$$;
