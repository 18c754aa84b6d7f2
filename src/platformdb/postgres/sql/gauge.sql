-- What this session holds and did so far, as one text: where the server's WAL ends, each relation of the users that it has
-- locked, and when that was answered. A counter is what was reported before plus what this transaction has not reported yet.
SELECT pg_catalog.json_build_array(
    (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::bigint,
    (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
            held.relation::bigint,
            held.modes,
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
        FROM (
            SELECT l.relation, pg_catalog.array_agg(l.mode) AS modes
            FROM pg_catalog.pg_lock_status() AS l
            WHERE l.locktype = 'relation'
              AND l.pid = pg_catalog.pg_backend_pid()
              AND l.granted
              AND l.relation >= 16384
            GROUP BY l.relation
        ) AS held
        LEFT JOIN pg_catalog.pg_class AS c ON c.oid = held.relation
        LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = held.relation
    ),
    extract(epoch FROM pg_catalog.clock_timestamp())
)::text
