-- The views, materialized views and functions that names mean here and now, with the names that messages give them.
SELECT 'pg_class'::regclass::oid, c.oid, c.oid::regclass::text
FROM unnest(%(relations)s::text[]) AS named (name)
JOIN pg_class AS c ON c.oid = to_regclass(named.name)
WHERE c.relkind IN ('v', 'm')
UNION
SELECT 'pg_proc'::regclass::oid, p.oid, p.oid::regprocedure::text
FROM unnest(%(functions)s::text[]) AS named (name)
CROSS JOIN LATERAL parse_ident(named.name) AS parts
JOIN pg_proc AS p ON p.proname = parts[cardinality(parts)] AND p.prokind <> 'a'
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE CASE WHEN cardinality(parts) = 1 THEN pg_function_is_visible(p.oid) ELSE n.nspname = parts[1] END
UNION
SELECT 'pg_proc'::regclass::oid, to_regprocedure(%(signature)s::text)::oid, %(signature)s::text
WHERE to_regprocedure(%(signature)s::text) IS NOT NULL
