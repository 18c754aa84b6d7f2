-- Which table refers to which, and how.
SELECT
    cn.nspname AS schema, c.relname AS relation,
    fn.nspname AS to_schema, f.relname AS to_relation,
    k.condeferrable AS deferrable,
    k.conname AS name,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(k.conkey) WITH ORDINALITY AS part (number, place)
        JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = part.number
        ORDER BY part.place
    ) AS columns,
    ARRAY(
        SELECT a.attname::text
        FROM unnest(k.confkey) WITH ORDINALITY AS part (number, place)
        JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = part.number
        ORDER BY part.place
    ) AS referenced,
    k.confmatchtype = 'f' AS full_match
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS cn ON cn.oid = c.relnamespace
JOIN pg_class AS f ON f.oid = k.confrelid
JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
WHERE k.contype = 'f' AND NOT c.relispartition AND k.conparentid = 0
ORDER BY 1, 2, 3, 4, k.conname
