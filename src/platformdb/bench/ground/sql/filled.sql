-- The tables among the relations that a query names, as SQL writes them.
SELECT c.oid::regclass::text
FROM unnest(%s::text[]) AS name
JOIN pg_class AS c ON c.oid = to_regclass(name)
WHERE c.relkind IN ('r', 'p', 'm')
ORDER BY 1
