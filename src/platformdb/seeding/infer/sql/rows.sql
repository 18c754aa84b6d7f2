-- About how many rows a table has, its partitions' included: as ANALYZE counted; -1 where it never did.
SELECT n.nspname, c.relname,
    CASE WHEN c.relkind = 'p' THEN (
        SELECT coalesce(sum(greatest(leaf.reltuples, 0)), 0) FROM pg_partition_tree(c.oid) AS t
        JOIN pg_class AS leaf ON leaf.oid = t.relid AND t.isleaf
    ) ELSE c.reltuples END::float8
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%s::text[]::regclass[])
