-- As they were declared; the copies on partitions have a parent. Rows of a partitioned table are those of its parts.
SELECT c.conname AS name,
       ARRAY[n.nspname, t.relname]::text[] AS "table",
       t.oid AS table_oid,
       ARRAY(SELECT a.attname::text
             FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
             ORDER BY k.place) AS columns,
       ARRAY(SELECT a.attname::text
             FROM unnest(c.confkey) WITH ORDINALITY AS k (attnum, place)
             JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum
             ORDER BY k.place) AS referenced,
       ARRAY(SELECT a.attname::text
             FROM pg_partitioned_table AS by
             JOIN pg_attribute AS a ON a.attrelid = by.partrelid AND a.attnum = ANY (by.partattrs)
             WHERE by.partrelid = c.confrelid) AS divided_by,
       p.oid AS parent_oid,
       ARRAY[pn.nspname, p.relname]::text[] AS parent,
       CASE WHEN t.relkind <> 'p' THEN t.reltuples ELSE (
           SELECT sum(greatest(leaf.reltuples, 0))
           FROM pg_partition_tree(t.oid) AS tree
           JOIN pg_class AS leaf ON leaf.oid = tree.relid
           WHERE tree.isleaf
       ) END::float8 AS rows,
       t.relkind = 'p' AS partitioned
FROM pg_constraint AS c
JOIN pg_class AS t ON t.oid = c.conrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS p ON p.oid = c.confrelid
JOIN pg_namespace AS pn ON pn.oid = p.relnamespace
WHERE c.contype = 'f'
  AND c.conparentid = 0
  AND n.nspname !~ '^pg_'
  AND n.nspname <> 'platformdb'
  AND NOT EXISTS (
      SELECT FROM pg_depend AS d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname, t.relname, c.conname
