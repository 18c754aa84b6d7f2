-- A delete that was rolled back leaves no dead row, but a page that is no longer known to be visible to all.
SELECT s.relid::regclass::text
FROM pg_stat_user_tables AS s
JOIN pg_class AS c ON c.oid = s.relid
WHERE (s.n_dead_tup > 0 OR s.n_tup_del > 0) AND pg_has_role(c.relowner, 'USAGE')
ORDER BY s.relid
