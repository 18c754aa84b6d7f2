-- What stands on the given objects, whatever lies between: one row for each object and each thing it stands on.
-- A rule, trigger, column default, index or statistics object counts as the relation it belongs to. "kind" is what
-- DROP calls an object that can be made again from the catalog alone; 'PART' comes and goes with another (a view's row
-- type); NULL is everything else: it must not be dropped, and is not looked behind.
WITH RECURSIVE standing (classid, objid, below_classid, below_objid, kind, described) AS (
    SELECT given.classid, given.objid, NULL::oid, NULL::oid, 'GIVEN', pg_describe_object(given.classid, given.objid, 0)
    FROM unnest(%(classes)s::oid[], %(objects)s::oid[]) AS given (classid, objid)
    UNION
    SELECT whole.classid,
           whole.objid,
           below.classid,
           below.objid,
           CASE
               WHEN whole.classid = 'pg_class'::regclass THEN (
                   SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 't' THEN 'PART' END
                   FROM pg_class AS c
                   WHERE c.oid = whole.objid AND c.relpersistence <> 't'
               )
               WHEN whole.classid = 'pg_proc'::regclass THEN (
                   SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN NULL ELSE 'FUNCTION' END
                   FROM pg_proc AS p
                   WHERE p.oid = whole.objid
               )
               WHEN whole.classid = 'pg_type'::regclass AND d.deptype = 'i' THEN 'PART'
           END,
           CASE r.rulename
               WHEN '_RETURN' THEN pg_describe_object(whole.classid, whole.objid, 0)
               ELSE pg_describe_object(d.classid, d.objid, d.objsubid)
           END
    FROM standing AS below
    JOIN pg_depend AS d ON d.refclassid = below.classid AND d.refobjid = below.objid
    LEFT JOIN pg_rewrite AS r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
    LEFT JOIN pg_trigger AS t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
    LEFT JOIN pg_attrdef AS a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid
    LEFT JOIN pg_index AS i ON d.classid = 'pg_class'::regclass AND i.indexrelid = d.objid
    LEFT JOIN pg_statistic_ext AS s ON d.classid = 'pg_statistic_ext'::regclass AND s.oid = d.objid
    CROSS JOIN LATERAL (SELECT coalesce(r.ev_class, t.tgrelid, a.adrelid, i.indrelid, s.stxrelid)) AS owning (relid)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN owning.relid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, coalesce(relid, d.objid)
    ) AS whole (classid, objid)
    WHERE below.kind IS NOT NULL
      AND (whole.classid, whole.objid) <> (below.classid, below.objid)
)
SELECT standing.classid,
       standing.objid,
       standing.below_classid,
       standing.below_objid,
       standing.kind = 'PART',
       -- Members of an extension and labelled objects would lose what cannot be given back.
       CASE
           WHEN standing.kind IS NULL THEN false
           WHEN standing.kind = 'PART' THEN true
           ELSE NOT EXISTS (
               SELECT FROM pg_depend AS e
               WHERE e.classid = standing.classid AND e.objid = standing.objid AND e.deptype IN ('e', 'x')
           ) AND NOT EXISTS (
               SELECT FROM pg_seclabel AS l WHERE l.classoid = standing.classid AND l.objoid = standing.objid
           )
       END,
       standing.described
FROM standing
ORDER BY standing.classid, standing.objid, standing.below_classid, standing.below_objid
