-- What this backend has not yet reported; first those with any, for few of many relations have.
SELECT n.nspname || '.' || r.relname,
       sum(CASE WHEN c.relkind <> 'i' THEN pg_stat_get_xact_tuples_returned(c.oid) ELSE 0 END)::bigint,
       sum(CASE WHEN c.relkind = 'i' THEN pg_stat_get_xact_tuples_returned(c.oid) ELSE 0 END)::bigint,
       sum(CASE WHEN c.relkind <> 'i' THEN pg_stat_get_xact_numscans(c.oid) ELSE 0 END)::bigint,
       sum(pg_stat_get_xact_blocks_fetched(c.oid))::bigint
FROM pg_class AS c
LEFT JOIN pg_index AS x ON x.indexrelid = c.oid
CROSS JOIN LATERAL (SELECT coalesce(x.indrelid, c.oid) AS oid) AS t
JOIN pg_class AS r ON r.oid = coalesce(pg_partition_root(t.oid), t.oid)
JOIN pg_namespace AS n ON n.oid = r.relnamespace
WHERE c.relkind IN ('r', 'm', 'i')
  AND (pg_stat_get_xact_blocks_fetched(c.oid) > 0 OR pg_stat_get_xact_numscans(c.oid) > 0)
  AND n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
GROUP BY 1
