-- Tables, views, sequences and composite types. Their columns have an order, and no numbers.
SELECT 'pg_class', c.oid, 0,
       CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
                      WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END,
       c.oid::regclass::text,
       coalesce('column ' || o.refobjid::regclass || '.' || quote_ident(o.attname),
                'schema ' || quote_ident(n.nspname)),
       json_build_object(
           'owner', c.relowner::regrole::text,
           'unlogged', c.relpersistence = 'u',
           'options', c.reloptions,
           'TOAST options', t.reloptions,
           'under row security', c.relrowsecurity,
           'under row security for its owner, too', c.relforcerowsecurity,
           'replica identity', CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing'
                                                   WHEN 'i' THEN 'index' END,
           'tablespace', s.spcname,
           'access method', CASE WHEN c.relkind IN ('r', 'm') AND m.amname <> 'heap' THEN m.amname END,
           'parents', (SELECT array_agg(i.inhparent::regclass::text ORDER BY i.inhseqno)
                       FROM pg_inherits AS i WHERE c.relkind IN ('r', 'p', 'f') AND i.inhrelid = c.oid),
           'partition key', CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
           'partition', CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid, true) END,
           'of type', CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END,
           'definition', CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, true) END,
           'populated', c.relkind = 'm' AND c.relispopulated,
           'order of columns', CASE WHEN c.relkind <> 'S' THEN (
               SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute AS a
               WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END,
           'server', f.srvname,
           'secret options', (SELECT array_agg(split_part(o, '=', 1) || '=' || encode(sha256(o::bytea), 'hex'))
                              FROM unnest(f.ftoptions) AS o),
           'parameters', CASE WHEN q.seqrelid IS NOT NULL THEN format(
               'AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s', q.seqtypid::regtype, q.seqstart,
               q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' ELSE '' END) END,
           'owned by', o.refobjid::regclass::text || '.' || quote_ident(o.attname),
           'grants', CASE WHEN c.relkind <> 'c' THEN c.relacl END::text[],
           'usual', CASE WHEN c.relacl IS NOT NULL AND c.relkind <> 'c'
                         THEN acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)::text[] END)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS t ON t.oid = c.reltoastrelid
LEFT JOIN pg_tablespace AS s ON s.oid = c.reltablespace
LEFT JOIN pg_am AS m ON m.oid = c.relam
LEFT JOIN pg_sequence AS q ON q.seqrelid = c.oid
LEFT JOIN (SELECT ft.ftrelid, ft.ftoptions, fs.srvname
           FROM pg_foreign_table AS ft JOIN pg_foreign_server AS fs ON fs.oid = ft.ftserver) AS f ON f.ftrelid = c.oid
LEFT JOIN (SELECT d.objid, d.refobjid, a.attname
           FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
           WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
          ) AS o ON c.relkind = 'S' AND o.objid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
