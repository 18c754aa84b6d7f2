-- Tables with one of these names, their columns, and whether we may read them.
SELECT namespace.nspname, relation.relname, array_agg(attribute.attname::text),
    has_table_privilege(relation.oid, 'SELECT')
FROM pg_class AS relation
JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
JOIN pg_attribute AS attribute ON attribute.attrelid = relation.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
WHERE relation.relkind IN ('r', 'p')
  AND relation.relname = ANY (%s)
  AND namespace.nspname NOT LIKE 'pg\_temp\_%%'
  AND has_schema_privilege(namespace.oid, 'USAGE') -- else it is another application's
GROUP BY namespace.nspname, relation.relname, relation.oid
ORDER BY namespace.nspname, relation.relname
