-- Indexes; one that belongs to a constraint goes with it.
SELECT 'pg_class', c.oid, 0, 'index', c.oid::regclass::text,
       coalesce('constraint ' || quote_ident(k.conname) || ' on ' || x.indrelid::regclass,
                CASE WHEN x.indnatts = 1 AND t.relkind <> 'm' THEN (
                    SELECT 'column ' || x.indrelid::regclass || '.' || quote_ident(a.attname) FROM pg_attribute AS a
                    WHERE a.attrelid = x.indrelid AND a.attnum = x.indkey[0] AND a.attnum > 0) END,
                CASE t.relkind WHEN 'm' THEN 'materialized view ' ELSE 'table ' END || x.indrelid::regclass),
       json_build_object(
           'definition', pg_get_indexdef(c.oid, 0, true),
           'valid', x.indisvalid,
           'ready', x.indisready,
           'what its table is clustered by', x.indisclustered,
           'the replica identity', x.indisreplident,
           'tablespace', s.spcname,
           'attached to', (SELECT i.inhparent::regclass::text FROM pg_inherits AS i
                           WHERE c.relispartition AND i.inhrelid = c.oid),
           'statistics targets', (SELECT array_agg(a.attnum || ': ' || a.attstattarget ORDER BY a.attnum)
                                  FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0))
FROM pg_index AS x
JOIN pg_class AS c ON c.oid = x.indexrelid
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
LEFT JOIN pg_constraint AS k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x') AND k.conrelid = x.indrelid
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
