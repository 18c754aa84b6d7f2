-- Primary keys, unique constraints and unique indexes, the partitions' own aside.
SELECT
    n.nspname AS schema, c.relname AS relation,
    x.relname AS name,
    ARRAY(
        SELECT coalesce(a.attname::text, pg_get_indexdef(i.indexrelid, part.place::int, FALSE))
        FROM unnest(i.indkey) WITH ORDINALITY AS part (number, place)
        LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = part.number AND part.number > 0
        WHERE part.place <= i.indnkeyatts
        ORDER BY part.place
    ) AS columns,
    i.indisprimary AS primary,
    k.oid IS NOT NULL AS constraint,
    coalesce(k.condeferrable, FALSE) AS deferrable,
    -- NULLS NOT DISTINCT is there from PostgreSQL 15 on, WITHOUT OVERLAPS from 18 on.
    NOT coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, FALSE) AS nulls_distinct,
    coalesce((to_jsonb(k) ->> 'conperiod')::boolean, FALSE) AS overlaps,
    0 <> ALL (i.indkey::int2[]) AS plain,
    coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS where
FROM pg_index AS i
JOIN pg_class AS x ON x.oid = i.indexrelid
JOIN pg_class AS c ON c.oid = i.indrelid AND NOT c.relispartition
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u')
WHERE i.indisunique AND n.nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema', 'platformdb')
ORDER BY 1, 2, NOT i.indisprimary, 3
