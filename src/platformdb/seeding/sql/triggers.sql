-- The users' own triggers on a table (and its partitions) that are not disabled, and how each is enabled.
SELECT n.nspname, c.relname, t.tgname, t.tgenabled::text
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal
    AND t.tgenabled <> 'D'
    AND (t.tgrelid = %(table)s::regclass OR t.tgrelid IN (SELECT relid FROM pg_partition_tree(%(table)s::regclass)))
ORDER BY 1, 2, 3
