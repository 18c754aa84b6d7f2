-- The indexes of these tables and their partitions, parents first: what makes each again, and what speaks against it.
-- To be read with an empty search_path, so that every name is qualified.
SELECT
    i.indexrelid::bigint AS number,
    coalesce(above.inhparent::bigint, 0) AS parent,
    format('%%I.%%I', tn.nspname, t.relname) AS relation,
    t.relkind = 'p' AS partitioned,
    format('%%I.%%I', tn.nspname, x.relname) AS name,
    quote_ident(x.relname) AS own,
    pg_get_indexdef(i.indexrelid) AS definition,
    coalesce(quote_ident(ts.spcname), '') AS tablespace,
    coalesce(quote_ident(k.conname), '') AS constraint_name,
    coalesce(pg_get_constraintdef(k.oid), '') AS constraint_definition,
    coalesce(k.contype = 'p', FALSE) AS is_primary,
    coalesce(k.condeferrable, FALSE) AS deferrable,
    coalesce(k.condeferred, FALSE) AS deferred,
    i.indisclustered AS clustered,
    i.indisreplident AS identifies,
    coalesce(quote_literal(obj_description(x.oid, 'pg_class')), '') AS comment,
    coalesce(quote_literal(obj_description(k.oid, 'pg_constraint')), '') AS constraint_comment,
    ARRAY(
        SELECT format('ALTER COLUMN %%s SET STATISTICS %%s', a.attnum, a.attstattarget) FROM pg_attribute AS a
        WHERE a.attrelid = x.oid AND a.attstattarget >= 0 ORDER BY a.attnum
    ) AS statistics,
    CASE
        WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'it is not valid'
        WHEN i.indisexclusion THEN 'it excludes'
        WHEN k.oid IS NOT NULL AND t.relkind = 'p' AND (x.reloptions IS NOT NULL OR x.reltablespace <> 0)
            THEN 'a constraint of partitions has options'
        WHEN EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.deptype = 'n' AND (
                (d.refclassid = 'pg_class'::regclass AND d.refobjid = x.oid)
                OR (d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid)
            )
        ) THEN 'something depends on it'
        WHEN EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.deptype IN ('e', 'x') AND d.classid = 'pg_class'::regclass AND d.objid = x.oid
        ) THEN 'it belongs to an extension'
        ELSE ''
    END AS held
FROM (
    SELECT coalesce(p.relid, named.oid)::oid AS relation, coalesce(p.level, 0) AS level
    FROM unnest(%s::text[]::regclass[]) AS named (oid)
    LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
) AS tree
JOIN pg_index AS i ON i.indrelid = tree.relation
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_tablespace AS ts ON ts.oid = x.reltablespace
LEFT JOIN pg_inherits AS above ON above.inhrelid = x.oid
LEFT JOIN pg_constraint AS k ON k.conindid = x.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x')
ORDER BY tree.level, i.indexrelid
