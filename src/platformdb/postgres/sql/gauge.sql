-- What this session holds and did so far, as one text: where the server's WAL ends; of the relations up to a number,
-- which were there before, each that it has locked, and the newer indexes of these; and when that was answered.
-- A counter is what was reported before plus what this transaction has not reported yet.
WITH held AS (
    SELECT l.relation, pg_catalog.array_agg(l.mode) AS modes
    FROM pg_catalog.pg_lock_status() AS l
    WHERE l.locktype = 'relation'
      AND l.pid = pg_catalog.pg_backend_pid()
      AND l.granted
      AND l.relation BETWEEN 16384 AND $1::oid
    GROUP BY l.relation
), looked_at AS (
    SELECT held.relation, held.modes
    FROM held
    UNION ALL
    SELECT i.indexrelid, '{}'
    FROM held
    JOIN pg_catalog.pg_index AS i ON i.indrelid = held.relation
    WHERE i.indexrelid > $1::oid
)
SELECT pg_catalog.json_build_array(
    (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::bigint,
    (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
            looked_at.relation::bigint,
            looked_at.modes,
            coalesce(i.indrelid, c.oid)::bigint,
            n.nspname,
            c.relname,
            c.relkind,
            c.relfilenode::bigint,
            0,
            pg_catalog.pg_stat_get_numscans(c.oid) + pg_catalog.pg_stat_get_xact_numscans(c.oid),
            pg_catalog.pg_stat_get_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid),
            pg_catalog.pg_stat_get_tuples_updated(c.oid) + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
            + pg_catalog.pg_stat_get_tuples_deleted(c.oid) + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
        ))
        FROM looked_at
        LEFT JOIN pg_catalog.pg_class AS c ON c.oid = looked_at.relation
        LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = looked_at.relation
    ),
    extract(epoch FROM pg_catalog.clock_timestamp())
)::text
