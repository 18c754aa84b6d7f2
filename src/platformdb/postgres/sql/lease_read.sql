SELECT token, os_user, host, pid, db_user, since, expires_at, expires_at <= clock_timestamp() FROM platformdb.lease
