-- Tables whose rows a copy would take away: all but the tool's own and those given with their partitions; and large
-- objects.
SELECT format('%%I.%%I', n.nspname, c.relname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\_%%' AND n.nspname NOT IN ('information_schema', 'platformdb')
    AND c.oid NOT IN (
        SELECT coalesce(p.relid, to_regclass(name)) FROM unnest(%s::text[]) AS lost (name)
        LEFT JOIN LATERAL pg_partition_tree(to_regclass(name)) AS p ON TRUE
        WHERE to_regclass(name) IS NOT NULL
    )
    AND c.oid NOT IN (SELECT objid FROM pg_depend WHERE deptype = 'e' AND classid = 'pg_class'::regclass)
UNION ALL
SELECT 'pg_catalog.pg_largeobject_metadata'
ORDER BY 1
