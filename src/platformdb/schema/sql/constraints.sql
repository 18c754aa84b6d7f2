-- PostgreSQL 18 keeps NOT NULL here too; the columns say it on every server. A foreign key that refers to a partitioned
-- table has a copy for each partition, which has a parent.
SELECT c.conrelid, c.conname,
       CASE c.contype WHEN 'c' THEN 'check' WHEN 'u' THEN 'unique' WHEN 'p' THEN 'primary key'
                      WHEN 'x' THEN 'exclusion' ELSE 'foreign key' END,
       ARRAY(SELECT a.attname::text
             FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, position)
             JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
             ORDER BY k.position),
       pg_get_constraintdef(c.oid, true), n.nspname, parent.relname
FROM pg_constraint AS c
LEFT JOIN pg_class AS parent ON parent.oid = c.confrelid
LEFT JOIN pg_namespace AS n ON n.oid = parent.relnamespace
WHERE c.conrelid = ANY (%s) AND c.contype IN ('c', 'u', 'p', 'x', 'f') AND c.conparentid = 0
ORDER BY c.conrelid, c.conname COLLATE "C"
