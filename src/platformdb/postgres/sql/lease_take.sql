-- SKIP LOCKED: a transaction that the holder's fence protects keeps an expired lease until it ends, and waiting for it
-- here would hold a snapshot that CREATE INDEX CONCURRENTLY waits for.
WITH expired AS MATERIALIZED (
    SELECT token, os_user, host, pid, expires_at
    FROM platformdb.lease
    WHERE expires_at <= clock_timestamp()
    FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE platformdb.lease AS lease
    SET token = %(token)s, os_user = %(os_user)s, host = %(host)s, pid = %(pid)s, db_user = session_user,
        since = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
    FROM expired
    WHERE lease.token = expired.token
    RETURNING format('%%s@%%s:%%s, which expired at %%s', expired.os_user, expired.host, expired.pid,
                     date_trunc('second', expired.expires_at)) AS earlier
), fresh AS (
    INSERT INTO platformdb.lease (token, os_user, host, pid, expires_at)
    VALUES (%(token)s, %(os_user)s, %(host)s, %(pid)s, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (one) DO NOTHING
    RETURNING NULL::text AS earlier
)
SELECT earlier FROM taken UNION ALL SELECT earlier FROM fresh
