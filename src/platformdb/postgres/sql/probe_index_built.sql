SELECT CASE
           WHEN x.indrelid IS DISTINCT FROM t.oid THEN 'absent'
           WHEN x.indisvalid AND x.indisready AND x.indislive THEN 'done'
           WHEN i.relkind = 'i' THEN 'broken'
           ELSE 'absent'
       END,
       CASE
           WHEN x.indrelid IS DISTINCT FROM t.oid THEN format(
               '%%s is there, but no index of %%s', i.oid::regclass, t.oid::regclass
           )
           ELSE format('index %%s is invalid', i.oid::regclass)
       END,
       ARRAY[format('DROP INDEX CONCURRENTLY IF EXISTS %%I.%%I', n.nspname, i.relname)]
FROM pg_class AS t
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_class AS i ON i.relnamespace = t.relnamespace
LEFT JOIN pg_index AS x ON x.indexrelid = i.oid
WHERE t.oid = to_regclass(%(table)s)
  AND i.relname = (parse_ident(%(name)s))[1]::name
