-- Every index of the users': its key column by column, what it stands for, its size, and what was counted about it.
-- last_idx_scan is there from PostgreSQL 16 on; as JSON its absence is a NULL. pg_partition_tree() knows nothing of what
-- is neither partitioned nor a partition.
SELECT x.indexrelid AS oid,
       ARRAY[n.nspname, i.relname]::text[] AS relation,
       ARRAY[tn.nspname, t.relname]::text[] AS "table",
       t.oid AS table_oid,
       am.amname AS method,
       ARRAY(SELECT pg_get_indexdef(x.indexrelid, k::int, TRUE) FROM generate_series(1, x.indnkeyatts) AS k) AS texts,
       ARRAY(SELECT concat_ws(' ', x.indclass[k - 1], x.indcollation[k - 1], a.attoptions::text)
             FROM generate_series(1, x.indnkeyatts) AS k
             JOIN pg_attribute AS a ON a.attrelid = x.indexrelid AND a.attnum = k ORDER BY k) AS kinds,
       ARRAY(SELECT x.indoption[k - 1]::int FROM generate_series(1, x.indnkeyatts) AS k) AS options,
       ARRAY(SELECT pg_get_indexdef(x.indexrelid, k::int, TRUE)
             FROM generate_series(x.indnkeyatts + 1, x.indnatts) AS k) AS included,
       coalesce(pg_get_expr(x.indpred, x.indrelid), '') AS predicate,
       ARRAY(SELECT DISTINCT a.attname::text
             FROM pg_depend AS d
             JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid
               AND d.refclassid = 'pg_class'::regclass AND d.refobjid = x.indrelid AND d.refobjsubid > 0) AS columns,
       x.indisunique AS "unique",
       x.indisprimary OR x.indisexclusion OR x.indisreplident
           OR EXISTS (SELECT FROM pg_constraint AS c WHERE c.conindid = x.indexrelid) AS serves_constraint,
       x.indisvalid AND x.indisready AS valid,
       EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.index_relid = x.indexrelid) AS building,
       i.relkind = 'I' AS partitioned,
       h.inhparent AS parent,
       used.bytes,
       i.reltuples::float8 AS rows,
       i.relpages AS pages,
       coalesce((SELECT option_value::int FROM pg_options_to_table(i.reloptions) WHERE option_name = 'fillfactor'), 90) AS fillfactor,
       stored.widths,
       stored.alignments,
       stored.nulls,
       used.scans,
       used.last_scan
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = i.relnamespace
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
JOIN pg_am AS am ON am.oid = i.relam
LEFT JOIN pg_inherits AS h ON h.inhrelid = i.oid
CROSS JOIN LATERAL (
    SELECT coalesce(sum(pg_relation_size(p.relid)), 0)::bigint AS bytes,
           coalesce(sum(s.idx_scan), 0)::bigint AS scans,
           max((to_jsonb(s) ->> 'last_idx_scan')::timestamptz) AS last_scan
    FROM (
        SELECT i.oid AS relid WHERE i.relkind = 'i'
        UNION ALL
        SELECT relid FROM pg_partition_tree(i.oid) WHERE isleaf AND i.relkind = 'I'
    ) AS p
    LEFT JOIN pg_stat_user_indexes AS s ON s.indexrelid = p.relid
) AS used
-- An index's own statistics are those of its expressions; plain columns are the table's.
CROSS JOIN LATERAL (
    SELECT array_agg(s.avg_width ORDER BY a.attnum) AS widths,
           array_agg(CASE WHEN a.attlen = -1 AND s.avg_width < 127 OR a.attalign = 'c' THEN 1
                          WHEN a.attalign = 's' THEN 2 WHEN a.attalign = 'i' THEN 4 ELSE 8 END ORDER BY a.attnum)
               AS alignments,
           array_agg(s.null_frac::float8 ORDER BY a.attnum) AS nulls
    FROM pg_attribute AS a
    LEFT JOIN pg_attribute AS c ON c.attrelid = x.indrelid AND c.attnum = x.indkey[a.attnum - 1]
        AND x.indkey[a.attnum - 1] <> 0
    LEFT JOIN pg_stats AS s ON NOT s.inherited
        AND (s.schemaname, s.tablename, s.attname) = (CASE WHEN c.attname IS NULL THEN n.nspname ELSE tn.nspname END,
                                                      CASE WHEN c.attname IS NULL THEN i.relname ELSE t.relname END,
                                                      coalesce(c.attname, a.attname))
    WHERE a.attrelid = x.indexrelid
) AS stored
WHERE n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'platformdb')
  AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, t.relname, i.relname
