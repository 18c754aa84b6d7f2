-- Which table refers to which.
SELECT
    cn.nspname AS schema, c.relname AS relation,
    fn.nspname AS to_schema, f.relname AS to_relation,
    k.condeferrable AS deferrable
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_class AS f ON f.oid = k.confrelid
JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
WHERE k.contype = 'f' AND NOT c.relispartition AND k.conparentid = 0
ORDER BY 1, 2, 3, 4
