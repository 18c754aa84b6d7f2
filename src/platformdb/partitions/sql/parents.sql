-- The tables that policies name: where they are, how they are partitioned, what refers to them and what they refer to.
WITH given AS (
    SELECT name, to_regclass(quoted) AS oid
    FROM unnest(%(names)s::text[], %(quoted)s::text[]) AS named (name, quoted)
)
SELECT given.name,
       n.nspname,
       c.relname,
       p.partstrat = 'r' AND p.partnatts = 1 AND a.attname IS NOT NULL AS supported,
       a.attname,
       format_type(a.atttypid, NULL),
       ARRAY(
           SELECT attname::text
           FROM pg_attribute
           WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
           ORDER BY attnum
       ),
       concat_ws(' ', 'USING ' || quote_ident(m.amname), 'TABLESPACE ' || quote_ident(s.spcname)),
       ARRAY(
           SELECT json_build_array(fn.nspname, f.relname)
           FROM pg_constraint AS k
           JOIN pg_class AS f ON f.oid = k.confrelid
           JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
           WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0
       ),
       ARRAY(
           SELECT json_build_array(
               k.conname, fn.nspname, f.relname,
               ARRAY(
                   SELECT b.attname
                   FROM unnest(k.conkey) WITH ORDINALITY AS x (attnum, place)
                   JOIN pg_attribute AS b ON b.attrelid = k.conrelid AND b.attnum = x.attnum
                   ORDER BY x.place
               ),
               (
                   SELECT b.attname
                   FROM pg_attribute AS b
                   WHERE b.attrelid = k.conrelid AND b.attnum = k.conkey[array_position(k.confkey, a.attnum)]
               )
           )
           FROM pg_constraint AS k
           JOIN pg_class AS f ON f.oid = k.conrelid
           JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
           WHERE k.confrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0
           ORDER BY k.conname
       ),
       ARRAY(
           SELECT t.relname::text
           FROM pg_class AS t
           WHERE t.relnamespace = c.relnamespace
             AND starts_with(t.relname, c.relname || '_')
             AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = t.oid AND inhparent = c.oid)
       ),
       ARRAY(
           SELECT json_build_array(tn.nspname, t.relname)
           FROM pg_class AS t
           JOIN pg_namespace AS tn ON tn.oid = t.relnamespace AND tn.nspname <> 'archive'
           WHERE t.relkind IN ('r', 'p')
             AND NOT t.relispartition
             AND obj_description(t.oid, 'pg_class') = format('platformdb: retired from %%s.%%s', n.nspname, c.relname)
           ORDER BY t.relname
       )
FROM given
JOIN pg_class AS c ON c.oid = given.oid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_partitioned_table AS p ON p.partrelid = c.oid
LEFT JOIN pg_attribute AS a
    ON a.attrelid = c.oid
   AND a.attnum = p.partattrs[0]
   AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
-- Only PostgreSQL 17 and newer keep an access method for a partitioned table.
LEFT JOIN pg_am AS m ON m.oid = c.relam
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
