UPDATE platformdb.lease SET expires_at = clock_timestamp() + make_interval(secs => %s) WHERE token = %s RETURNING 1
