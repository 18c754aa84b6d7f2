-- The same of all relations with files: outside a transaction no lock tells which of them a statement was at.
SELECT pg_catalog.json_build_array(
    (pg_catalog.pg_current_wal_insert_lsn() - '0/0'::pg_catalog.pg_lsn)::bigint,
    (
        SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
            c.oid::bigint,
            '{}'::text[],
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
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
        WHERE c.relkind IN ('r', 'm', 'i')
          AND coalesce(i.indrelid, c.oid) BETWEEN 16384 AND $1::oid
    ),
    extract(epoch FROM pg_catalog.clock_timestamp())
)::text
