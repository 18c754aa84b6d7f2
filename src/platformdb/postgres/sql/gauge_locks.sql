-- What another session has locked of the users' relations, or waits for.
SELECT l.relation::bigint, l.mode
FROM pg_catalog.pg_lock_status() AS l
WHERE l.locktype = 'relation'
  AND l.pid = %s
  AND l.relation >= 16384
