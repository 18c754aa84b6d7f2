-- Every domain, and the CHECKs of it and of the domains below it; one row a domain and CHECK.
WITH RECURSIVE below AS (
    SELECT t.oid, t.oid AS domain FROM pg_type AS t WHERE t.typtype = 'd'
    UNION ALL
    SELECT below.oid, t.typbasetype
    FROM below JOIN pg_type AS t ON t.oid = below.domain
    WHERE t.typtype = 'd'
)
SELECT below.oid::bigint, k.conname, pg_get_expr(k.conbin, 0), format_type(below.domain, NULL), k.convalidated
FROM below
JOIN pg_constraint AS k ON k.contypid = below.domain AND k.contype = 'c'
ORDER BY below.oid, k.conname
