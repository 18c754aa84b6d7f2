-- The materialised views that read these tables or their partitions, directly or through other views, each after those
-- it reads itself.
WITH RECURSIVE
reads AS (
    SELECT DISTINCT r.ev_class AS view, d.refobjid AS source
    FROM pg_depend AS d
    JOIN pg_rewrite AS r ON r.oid = d.objid AND r.ev_class <> d.refobjid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
),
reached AS (
    SELECT coalesce(p.relid, named.oid)::oid AS relation, 0 AS depth
    FROM unnest(%s::text[]::regclass[]) AS named (oid)
    LEFT JOIN LATERAL pg_partition_tree(named.oid) AS p ON TRUE
    UNION
    SELECT reads.view, reached.depth + 1
    FROM reached JOIN reads ON reads.source = reached.relation
)
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS quoted, c.relname AS name
FROM reached
JOIN pg_class AS c ON c.oid = reached.relation AND c.relkind = 'm'
JOIN pg_namespace AS n ON n.oid = c.relnamespace
GROUP BY n.nspname, c.relname
ORDER BY max(reached.depth), n.nspname, c.relname
