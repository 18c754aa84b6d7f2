-- A partitioned table has no pages of its own, and before it was analyzed no number of rows: its partitions have both.
SELECT n.nspname || '.' || c.relname,
       greatest(CASE WHEN c.relkind = 'p' THEN leaves.rows ELSE c.reltuples END, 0)::bigint,
       CASE WHEN c.relkind = 'p' THEN leaves.pages ELSE c.relpages END::integer,
       coalesce(root.name, '')
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT coalesce(sum(greatest(l.reltuples, 0)), 0) AS rows, coalesce(sum(l.relpages), 0) AS pages
    FROM pg_partition_tree(c.oid) AS t
    JOIN pg_class AS l ON l.oid = t.relid
    WHERE t.isleaf
) AS leaves ON c.relkind = 'p'
LEFT JOIN LATERAL (
    SELECT rn.nspname || '.' || r.relname AS name
    FROM pg_class AS r
    JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
    WHERE r.oid = pg_partition_root(c.oid)
) AS root ON c.relispartition
WHERE c.relkind IN ('r', 'p', 'm')
  AND n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
ORDER BY 1
