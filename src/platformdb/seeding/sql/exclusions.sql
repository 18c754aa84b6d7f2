-- EXCLUDE constraints: the columns ('' for an expression) with their operators.
SELECT
    n.nspname AS schema, c.relname AS relation,
    k.conname,
    ARRAY(
        SELECT coalesce(a.attname::text, '')
        FROM unnest(k.conkey) WITH ORDINALITY AS part (number, place)
        LEFT JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = part.number AND part.number > 0
        ORDER BY part.place
    ) AS columns,
    ARRAY(
        SELECT o.oprname::text
        FROM unnest(k.conexclop) WITH ORDINALITY AS part (operator, place)
        JOIN pg_operator AS o ON o.oid = part.operator
        ORDER BY part.place
    ) AS operators,
    pg_get_constraintdef(k.oid) AS definition,
    k.condeferrable AS deferrable
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid AND NOT c.relispartition
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'x'
ORDER BY 1, 2, 3
