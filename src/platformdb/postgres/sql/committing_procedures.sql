SELECT p.proname, p.prosrc
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prokind = 'p'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND p.prosrc ~* 'commit|rollback'
ORDER BY n.nspname, p.proname
