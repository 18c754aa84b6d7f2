-- Foreign keys, with whether deleting a parent is meant to happen, and which columns are often NULL.
SELECT
    k.conname AS name,
    n.nspname || '.' || t.relname AS "table",
    p.relname AS parent,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(k.conkey) WITH ORDINALITY AS each (number, place)
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = number
        ORDER BY place
    ) AS columns,
    ARRAY(
        SELECT a.attname::text
        FROM pg_attribute AS a
        JOIN pg_stats AS s
            ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = a.attname
            AND s.inherited = (t.relkind = 'p')
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND s.null_frac > 0.1
        ORDER BY 1
    ) AS often_null,
    k.confdeltype IN ('c', 'n', 'd') AS deletes
FROM pg_constraint AS k
JOIN pg_class AS t ON t.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS p ON p.oid = k.confrelid
WHERE k.contype = 'f'
  AND k.conparentid = 0
ORDER BY 2, 1
