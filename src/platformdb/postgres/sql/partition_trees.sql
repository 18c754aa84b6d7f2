-- Partitioned tables and their partitions, parents first: schema, name, whether partitioned, bytes, and the parent's.
SELECT n.nspname,
       c.relname,
       c.relkind = 'p',
       CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) ELSE 0 END,
       pg_table_is_visible(c.oid),
       pn.nspname,
       p.relname
FROM pg_class AS r
CROSS JOIN LATERAL pg_partition_tree(r.oid) AS t
JOIN pg_class AS c ON c.oid = t.relid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS p ON p.oid = t.parentrelid
LEFT JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE r.relkind = 'p'
  AND NOT r.relispartition
  AND NOT EXISTS (SELECT FROM pg_inherits AS h WHERE h.inhrelid = c.oid AND h.inhdetachpending)
ORDER BY t.level, n.nspname, c.relname
