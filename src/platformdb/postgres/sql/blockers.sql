-- Whom a session waits for, and at which table. Who waits for a row holds that row's tuple lock meanwhile.
SELECT
    blocking.pid,
    activity.usename,
    activity.application_name,
    activity.state,
    extract(EPOCH FROM clock_timestamp() - activity.xact_start)::double precision,
    activity.query,
    (
        SELECT relation::regclass::text
        FROM pg_locks
        WHERE pid = %(pid)s AND relation IS NOT NULL AND (NOT granted OR locktype = 'tuple')
        ORDER BY granted
        LIMIT 1
    )
FROM (SELECT DISTINCT unnest(pg_blocking_pids(%(pid)s)) AS pid) AS blocking
LEFT JOIN pg_stat_activity AS activity USING (pid)
ORDER BY activity.xact_start, blocking.pid
