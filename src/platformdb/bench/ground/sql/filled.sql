-- The tables that a query names, as SQL writes them, and those behind the views that it names; whether they may be read.
WITH RECURSIVE named AS (
    SELECT to_regclass(name)::oid AS oid FROM unnest(%s::text[]) AS name
    UNION
    SELECT d.refobjid
    FROM named AS n
    JOIN pg_class AS v ON v.oid = n.oid AND v.relkind = 'v'
    JOIN pg_rewrite AS r ON r.ev_class = v.oid
    JOIN pg_depend AS d
        ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
)
SELECT c.oid::regclass::text, c.relispopulated
FROM named AS n
JOIN pg_class AS c ON c.oid = n.oid
-- Who may read a view need not be allowed to read what is behind it.
WHERE c.relkind IN ('r', 'p', 'm') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1
