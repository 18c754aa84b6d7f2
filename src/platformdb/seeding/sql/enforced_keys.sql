-- The foreign keys of these tables and their partitions that are enforced (from PostgreSQL 18 on), and whether all rows were
-- checked; in the order in which they were made.
SELECT c.conrelid::regclass::text, c.conname, c.convalidated
FROM pg_constraint AS c
WHERE c.contype = 'f' AND c.conenforced AND c.conparentid = 0
    AND c.conrelid IN (
        SELECT coalesce(p.relid, named.oid)
        FROM unnest(%s::text[]::regclass[]) AS named (oid)
        LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
    )
ORDER BY c.oid
