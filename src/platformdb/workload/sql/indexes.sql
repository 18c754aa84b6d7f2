SELECT n.nspname || '.' || i.relname,
       n.nspname || '.' || t.relname,
       ARRAY(SELECT pg_get_indexdef(i.oid, k, false) FROM generate_series(1, x.indnkeyatts) AS k ORDER BY k),
       ARRAY(SELECT pg_get_indexdef(i.oid, k, false) FROM generate_series(x.indnkeyatts + 1, x.indnatts) AS k ORDER BY k),
       coalesce(pg_get_expr(x.indpred, x.indrelid), ''),
       m.amname,
       x.indisunique,
       coalesce(c.conname, ''),
       pg_get_indexdef(i.oid),
       CASE WHEN i.relkind = 'I' THEN parts.bytes ELSE pg_relation_size(i.oid) END::bigint,
       x.indisvalid AND x.indisready,
       coalesce(pn.nspname || '.' || p.relname, '')
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_am AS m ON m.oid = i.relam
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = i.relnamespace
LEFT JOIN pg_constraint AS c ON c.conindid = i.oid AND c.contype IN ('p', 'u', 'x') AND c.conrelid = t.oid
LEFT JOIN pg_inherits AS h ON h.inhrelid = i.oid
LEFT JOIN pg_class AS p ON p.oid = h.inhparent
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
LEFT JOIN LATERAL (
    SELECT coalesce(sum(pg_relation_size(relid)), 0) AS bytes FROM pg_partition_tree(i.oid) WHERE isleaf
) AS parts ON i.relkind = 'I'
WHERE n.nspname NOT LIKE 'pg\_%'
  AND n.nspname <> 'information_schema'
  AND t.relkind IN ('r', 'p', 'm')
ORDER BY 1
