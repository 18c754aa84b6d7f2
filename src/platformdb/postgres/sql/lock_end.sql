-- Only where it still is a runner's, for since somebody said yes the number may have gone to another session.
SELECT pg_terminate_backend(a.pid, %(milliseconds)s)
FROM pg_stat_activity AS a
WHERE a.pid = %(pid)s
  AND a.datname = current_database()
  AND (
      a.application_name LIKE 'platformdb work %%'
      OR EXISTS (
          SELECT FROM pg_locks AS l
          WHERE l.pid = a.pid
            AND l.locktype = 'advisory'
            AND l.objsubid = 2
            AND l.database = a.datid
            AND l.classid::bigint = %(space)s
            AND l.objid::bigint IN (%(lock)s, %(work)s)
      )
  )
