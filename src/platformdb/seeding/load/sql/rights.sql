-- What the role may do with all of these tables and their partitions.
SELECT
    bool_and(pg_has_role(c.relowner, 'USAGE')) AS owns,
    bool_and(has_table_privilege(c.oid, 'TRUNCATE') OR NOT tree.named) AS truncates,
    bool_and(has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') OR NOT tree.named) AS locks
FROM (
    SELECT coalesce(p.relid, named.oid)::oid AS relation, coalesce(p.level, 0) = 0 AS named
    FROM unnest(%s::text[]::regclass[]) AS named (oid)
    LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
) AS tree
JOIN pg_class AS c ON c.oid = tree.relation
