-- An expired lease is removed, not passed over: its holder may only have slept, and must find that it is gone.
DELETE FROM platformdb.lease
WHERE token = (SELECT token FROM platformdb.lease WHERE expires_at <= clock_timestamp() FOR UPDATE SKIP LOCKED)
RETURNING format('%s@%s:%s, which expired at %s', os_user, host, pid, date_trunc('second', expires_at))
