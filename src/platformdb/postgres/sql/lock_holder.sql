SELECT 'pid ' || a.pid
       || ', user ' || a.usename
       || coalesce(
              ', from ' || coalesce(host(a.client_addr), 'this machine')
              || ', since ' || date_trunc('second', a.backend_start),
              ''  -- of another role's session not everybody may see this
          )
FROM pg_locks AS l
JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory'
  AND l.granted
  AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid::bigint = %s
  AND l.objid::bigint = %s
