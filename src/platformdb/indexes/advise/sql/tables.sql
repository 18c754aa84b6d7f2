-- Tables that rows can be in, partitioned ones as one, with what the statistics know of their columns.
WITH leaves AS (
    SELECT coalesce(nullif(pg_partition_root(c.oid)::oid, 0), c.oid) AS root, sum(greatest(c.reltuples, 0)) AS rows
    FROM pg_class AS c
    WHERE c.relkind IN ('r', 'm')
    GROUP BY 1
)
SELECT
    n.nspname || '.' || c.relname AS name,
    format('%I.%I', n.nspname, c.relname) AS qualified,
    c.oid::regclass::text AS spelled,
    pg_table_is_visible(c.oid) AS visible,
    leaves.rows::bigint AS rows,
    array_agg(a.attname::text ORDER BY a.attnum) AS columns,
    array_agg(quote_ident(a.attname) ORDER BY a.attnum) AS spelled_columns,
    array_agg(format_type(a.atttypid, NULL) ORDER BY a.attnum) AS types,
    array_agg(
        CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * leaves.rows ELSE coalesce(s.n_distinct, leaves.rows) END::float8
        ORDER BY a.attnum
    ) AS distinct_values,
    array_agg(coalesce(s.avg_width, 32) ORDER BY a.attnum) AS widths,
    array_agg(a.attgenerated = '' ORDER BY a.attnum) AS writable
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN leaves ON leaves.root = c.oid
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_stats AS s
    ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
    AND s.inherited = (c.relkind = 'p')
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND c.relpersistence = 'p'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'platformdb')
GROUP BY c.oid, n.nspname, leaves.rows
ORDER BY 1
