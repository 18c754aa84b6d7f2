-- The CHECKs of tables, of those NOT VALID too: new rows must meet them. A partition's own hold for its rows alone.
SELECT
    tn.nspname AS schema, t.relname AS relation,
    k.conname,
    CASE WHEN c.relispartition THEN
        'NOT (' || pg_get_partition_constraintdef(c.oid) || ') OR (' || pg_get_expr(k.conbin, k.conrelid) || ')'
        ELSE pg_get_expr(k.conbin, k.conrelid)
    END,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(k.conkey) WITH ORDINALITY AS part (number, place)
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = part.number
        ORDER BY part.place
    ) AS columns,
    c.relname AS holder,
    k.convalidated
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_class AS t ON t.oid = CASE WHEN c.relispartition THEN pg_partition_root(c.oid) ELSE c.oid END
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
-- What is not enforced is known from PostgreSQL 18 on.
WHERE k.contype = 'c' AND coalesce((to_jsonb(k) ->> 'conenforced')::boolean, TRUE)
    AND NOT (c.relispartition AND NOT k.conislocal)
    AND tn.nspname NOT IN ('pg_catalog', 'information_schema', 'platformdb')
ORDER BY 1, 2, k.conname
