-- The users' own triggers on these tables and their partitions that are not disabled, and how each is enabled.
SELECT format('%%I.%%I', n.nspname, c.relname), quote_ident(t.tgname), t.tgenabled::text
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
-- PostgreSQL 14 calls a trigger's copy on a partition internal; only a constraint's are, and those belong to one.
WHERE (NOT t.tgisinternal OR (t.tgparentid <> 0 AND t.tgconstraint = 0))
    AND t.tgenabled <> 'D'
    AND t.tgrelid IN (
        SELECT coalesce(p.relid, named.oid)
        FROM unnest(%s::text[]::regclass[]) AS named (oid)
        LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
    )
ORDER BY 1, 2
