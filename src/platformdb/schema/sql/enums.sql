SELECT n.nspname, t.typname, ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e
                                   WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       coalesce(obj_description(t.oid, 'pg_type'), '')
FROM pg_type AS t
JOIN pg_namespace AS n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
  AND NOT EXISTS (SELECT FROM pg_depend AS d
                  WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"
