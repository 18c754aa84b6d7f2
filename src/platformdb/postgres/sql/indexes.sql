SELECT i.relname,
       t.relname,
       x.indisvalid AND x.indisready,
       pg_relation_size(i.oid)
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
WHERE pg_table_is_visible(i.oid)
  AND t.relnamespace NOT IN ('pg_catalog'::regnamespace, 'pg_toast'::regnamespace)
ORDER BY i.relname
