SELECT s.rows, coalesce(sum(t.rows), 0)::bigint, coalesce(max(t.rows), 0)::bigint
FROM platformdb.seed AS s
LEFT JOIN LATERAL (
    SELECT (
        SELECT sum(greatest(c.reltuples, 0))
        FROM pg_class AS c
        WHERE c.oid = to_regclass(name)
              AND c.relkind <> 'p'
           OR c.oid IN (SELECT relid FROM pg_partition_tree(to_regclass(name)) WHERE isleaf)
    ) AS rows
    FROM unnest(s.tables) AS name
) AS t ON true
WHERE s.platform = %s
GROUP BY s.rows
