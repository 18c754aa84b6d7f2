-- Every table that could be seeded, with its columns. One row a column.
-- A domain counts as the type below it; that type is what travels in a binary COPY.
WITH RECURSIVE base AS (
    SELECT t.oid, t.oid AS type, t.typnotnull AS required, -1 AS modifier FROM pg_type AS t
    UNION ALL
    SELECT base.oid, t.typbasetype, base.required OR t.typnotnull, greatest(base.modifier, t.typtypmod)
    FROM base JOIN pg_type AS t ON t.oid = base.type
    WHERE t.typtype = 'd'
)
SELECT
    n.nspname AS schema,
    c.relname AS relation,
    n.nspname = current_schema() AS near,
    c.relkind = 'p' AS partitioned,
    a.attname AS name,
    t.typname AS type,
    coalesce(e.typtype, t.typtype) = 'e' AS enum,
    (a.attnotnull OR base.required) AND NOT a.atthasdef AND a.attidentity = '' AS required,
    a.attgenerated <> '' AS generated,
    CASE WHEN a.atthasdef OR a.attidentity <> ''
        THEN pg_get_serial_sequence(format('%I.%I', n.nspname, c.relname), a.attname)
    END AS sequence,
    coalesce(e.typname, '') AS element,
    t.typelem::bigint AS element_oid,
    a.attnotnull OR base.required AS not_null,
    coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS default,
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' ELSE '' END AS identity,
    format_type(a.atttypid, a.atttypmod) AS declared,
    coalesce(e.typtype, t.typtype)::text AS form,
    coalesce(s.typname, '') AS subtype,
    greatest(a.atttypmod, base.modifier, below.modifier) AS modifier,
    coalesce(o.collname, '') AS collation,
    NOT coalesce(o.collisdeterministic, TRUE) AS loose,
    coalesce(e.oid, t.oid)::bigint AS labelled_oid,
    a.atttypid::bigint AS type_oid
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN base ON base.oid = a.atttypid
JOIN pg_type AS t ON t.oid = base.type AND t.typtype <> 'd'
LEFT JOIN (base AS below JOIN pg_type AS e ON e.oid = below.type AND e.typtype <> 'd')
    ON below.oid = t.typelem AND t.typcategory = 'A'
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_range AS r ON coalesce(e.oid, t.oid) IN (r.rngtypid, r.rngmultitypid)
LEFT JOIN pg_type AS s ON s.oid = r.rngsubtype
LEFT JOIN pg_collation AS o ON o.oid = a.attcollation AND o.collname <> 'default'
WHERE c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'platformdb')
    AND n.nspname NOT LIKE 'pg\_t%'
ORDER BY n.nspname, c.relname, a.attnum
