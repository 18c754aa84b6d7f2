-- The bytes of tables with those of their partitions: rows, indexes, and what lies outside of rows (TOAST with its index).
SELECT
    t.name,
    coalesce(sum(pg_relation_size(c.oid)), 0)::bigint AS heap,
    coalesce(sum(pg_indexes_size(c.oid)), 0)::bigint AS indexes,
    coalesce(sum(pg_total_relation_size(nullif(c.reltoastrelid, 0))), 0)::bigint AS toast
FROM unnest(%s::text[]) AS t (name)
CROSS JOIN LATERAL (
    SELECT relid FROM pg_partition_tree(t.name::regclass)
    UNION
    SELECT t.name::regclass
) AS part
JOIN pg_class AS c ON c.oid = part.relid
GROUP BY t.name
