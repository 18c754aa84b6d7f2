-- The partitions of tables: bounds as UTC, NULL where there is no end; a default has neither.
SELECT pn.nspname,
       p.relname,
       n.nspname,
       c.relname,
       CASE WHEN isfinite(bound.low) THEN bound.low END,
       CASE WHEN isfinite(bound.high) THEN bound.high END,
       text.bound = 'DEFAULT',
       h.inhdetachpending,
       coalesce(obj_description(c.oid, 'pg_class') = format('platformdb: retired from %%s.%%s', pn.nspname, p.relname), false),
       (SELECT sum(pg_total_relation_size(relid))::bigint FROM pg_partition_tree(c.oid) WHERE isleaf)
FROM unnest(%(schemas)s::text[], %(tables)s::text[]) AS given (schema, name)
JOIN pg_namespace AS pn ON pn.nspname = given.schema
JOIN pg_class AS p ON p.relnamespace = pn.oid AND p.relname = given.name
JOIN pg_partitioned_table AS t ON t.partrelid = p.oid
JOIN pg_attribute AS a ON a.attrelid = p.oid AND a.attnum = t.partattrs[0]
JOIN pg_inherits AS h ON h.inhparent = p.oid
JOIN pg_class AS c ON c.oid = h.inhrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) AS text
CROSS JOIN LATERAL regexp_match(text.bound, 'FROM \((.*)\) TO \((.*)\)') AS ends
CROSS JOIN LATERAL (
    SELECT CASE WHEN ends[1] LIKE '''%%' THEN trim(BOTH '''' FROM ends[1]) END AS low,
           CASE WHEN ends[2] LIKE '''%%' THEN trim(BOTH '''' FROM ends[2]) END AS high
) AS written
CROSS JOIN LATERAL (
    SELECT CASE a.atttypid
               WHEN 'timestamptz'::regtype THEN written.low::timestamptz
               ELSE written.low::timestamp AT TIME ZONE 'UTC'
           END AS low,
           CASE a.atttypid
               WHEN 'timestamptz'::regtype THEN written.high::timestamptz
               ELSE written.high::timestamp AT TIME ZONE 'UTC'
           END AS high
) AS bound
ORDER BY pn.nspname, p.relname, bound.low NULLS FIRST, c.relname
