SELECT i.relname,
       t.relname,
       x.indisvalid AND x.indisready,
       pg_relation_size(i.oid),
       n.nspname,
       pg_table_is_visible(i.oid)
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = i.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
ORDER BY i.relname, n.nspname
