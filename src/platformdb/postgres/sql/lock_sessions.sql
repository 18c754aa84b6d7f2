SELECT CASE l.objid::bigint WHEN %(work)s THEN 'work' ELSE 'lock' END,
       a.pid, a.usename::text, a.application_name, host(a.client_addr), a.backend_start,
       a.state, a.wait_event_type || ': ' || a.wait_event, a.query
FROM pg_locks AS l
JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory'
  AND l.granted
  AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid::bigint = %(space)s
  AND l.objid::bigint IN (%(lock)s, %(work)s)
ORDER BY 1, 2
