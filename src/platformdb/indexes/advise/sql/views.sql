SELECT n.nspname || '.' || c.relname AS name, pg_get_viewdef(c.oid) AS definition, pg_table_is_visible(c.oid) AS visible
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'v'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'platformdb')
ORDER BY 1
