-- Columns by name; what is as the type has it says nothing.
SELECT 'pg_class', a.attrelid, a.attnum, 'column', c.oid::regclass || '.' || quote_ident(a.attname),
       CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'f' THEN 'foreign table '
                      WHEN 'c' THEN 'type ' ELSE 'table ' END || c.oid::regclass,
       json_build_object(
           'type', format_type(a.atttypid, a.atttypmod),
           'nullable', NOT a.attnotnull,
           'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid, true) END,
           'generated', CASE a.attgenerated WHEN 's' THEN pg_get_expr(d.adbin, d.adrelid, true) || ' stored'
                                            WHEN 'v' THEN pg_get_expr(d.adbin, d.adrelid, true) END,
           'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
           'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
           'storage', CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage
               WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END,
           'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
           'statistics target', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END,
           'options', a.attoptions,
           'secret options', (SELECT array_agg(split_part(o, '=', 1) || '=' || encode(sha256(o::bytea), 'hex'))
                              FROM unnest(a.attfdwoptions) AS o),
           'inherited', a.attinhcount > 0,
           'only inherited', NOT a.attislocal,
           'grants', a.attacl::text[])
FROM pg_attribute AS a
JOIN pg_class AS c ON c.oid = a.attrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
