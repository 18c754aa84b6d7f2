SELECT c.oid::regclass::text
FROM pg_class AS c
WHERE c.relkind IN ('r', 'p')
  AND NOT c.relispartition
  AND pg_table_is_visible(c.oid)
  AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
ORDER BY 1
