-- Not yet reported scans of the session, so of earlier transactions, too: only differences count.
SELECT n.nspname || '.' || c.relname, pg_stat_get_xact_numscans(c.oid)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'i'
  AND n.nspname NOT LIKE 'pg\_%'
  AND pg_stat_get_xact_numscans(c.oid) > 0
