-- A table's number, its rows by the statistics (of a partitioned one those of its parts), and what an INSERT may name.
SELECT t.oid,
       (SELECT sum(greatest(c.reltuples, 0))
        FROM pg_class AS c
        WHERE c.oid = t.oid OR c.oid IN (SELECT relid FROM pg_partition_tree(t.oid) WHERE isleaf))::float8,
       ARRAY(SELECT a.attname::text
             FROM pg_attribute AS a
             WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
             ORDER BY a.attnum)
FROM pg_class AS t
WHERE t.oid = %s::regclass
