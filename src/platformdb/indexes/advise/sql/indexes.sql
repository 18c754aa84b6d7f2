-- Indexes as they are kept: each key's text, direction and operator class, and the size of all partitions' parts.
SELECT
    i.relname AS name,
    n.nspname || '.' || t.relname AS "table",
    m.amname AS method,
    x.indisunique AS is_unique,
    EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x')) AS of_constraint,
    ARRAY(
        SELECT pg_get_indexdef(i.oid, place, FALSE) FROM generate_series(1, x.indnkeyatts) AS place ORDER BY place
    ) AS keys,
    ARRAY(
        SELECT pg_get_indexdef(i.oid, place, FALSE) FROM generate_series(x.indnkeyatts + 1, x.indnatts) AS place
        ORDER BY place
    ) AS included,
    x.indoption::int2[]::int[] AS options,
    ARRAY(
        SELECT CASE WHEN o.opcdefault THEN '' ELSE o.opcname::text END
        FROM unnest(x.indclass::oid[]) WITH ORDINALITY AS each (class, place)
        JOIN pg_opclass AS o ON o.oid = class
        ORDER BY place
    ) AS opclasses,
    coalesce(pg_get_expr(x.indpred, x.indrelid), '') AS predicate,
    (
        SELECT coalesce(sum(pg_relation_size(relid)), 0)::bigint FROM pg_partition_tree(i.oid::regclass) AS part
    ) + CASE WHEN i.relkind = 'i' AND NOT i.relispartition THEN pg_relation_size(i.oid) ELSE 0 END AS bytes
FROM pg_index AS x
JOIN pg_class AS i ON i.oid = x.indexrelid
JOIN pg_am AS m ON m.oid = i.relam
JOIN pg_class AS t ON t.oid = x.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE x.indisvalid
  AND NOT i.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'platformdb')
ORDER BY 2, 1
