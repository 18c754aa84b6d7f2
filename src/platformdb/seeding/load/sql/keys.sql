-- The foreign keys from and to these tables and their partitions, in the order in which they were made: their triggers
-- fire in it. To be read with an empty search_path. Those whose triggers somebody disabled cost nothing and stay.
SELECT
    format('%%I.%%I', n.nspname, c.relname) AS relation,
    quote_ident(k.conname) AS name,
    pg_get_constraintdef(k.oid) AS definition,
    k.convalidated AS validated,
    'p' IN (c.relkind, r.relkind) AS partitioned,
    coalesce(quote_literal(obj_description(k.oid, 'pg_constraint')), '') AS comment
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_class AS r ON r.oid = k.confrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0
    AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = k.oid AND t.tgenabled <> 'O')
    AND ARRAY[k.conrelid, k.confrelid] && ARRAY(
        SELECT coalesce(p.relid, named.oid)::oid
        FROM unnest(%s::text[]::regclass[]) AS named (oid)
        LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
    )
ORDER BY k.oid
