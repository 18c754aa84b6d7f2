SELECT pg_backend_pid(),
       pg_is_in_recovery(),
       extract(epoch FROM pg_postmaster_start_time())::text,
       (SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver),  -- NULL to those who may not see it
       (SELECT string_agg(format('%s = %s', name, current_setting(name)), ', ' ORDER BY name)
        FROM pg_settings
        WHERE name IN ('statement_timeout', 'transaction_timeout') AND setting <> '0' AND source <> 'client')
