-- Tables whose policies hold for their owner, too, where the role does not bypass all policies: COPY works with none.
SELECT format('%%I.%%I', n.nspname, c.relname)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relrowsecurity AND c.relforcerowsecurity
    AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
    AND c.oid IN (
        SELECT coalesce(p.relid, named.oid)
        FROM unnest(%s::text[]::regclass[]) AS named (oid)
        LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
    )
ORDER BY 1
