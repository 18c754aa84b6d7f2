SELECT i.relname,
       t.relname,
       x.indisvalid AND x.indisready,
       CASE
           WHEN i.relkind = 'I'
               THEN (SELECT coalesce(sum(pg_relation_size(relid)), 0)::bigint FROM pg_partition_tree(i.oid) WHERE isleaf)
           ELSE pg_relation_size(i.oid)
       END,
       n.nspname,
       pg_table_is_visible(i.oid),
       pn.nspname,
       p.relname
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = i.relnamespace
LEFT JOIN pg_inherits AS h ON h.inhrelid = i.oid
LEFT JOIN pg_class AS p ON p.oid = h.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
ORDER BY i.relname, n.nspname
