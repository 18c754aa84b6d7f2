-- Since when the server counts: the last reset or, without one, its start; counts outlive a restart, so that is the
-- latest that it can be. Who streams from a logical slot keeps its own tables, and asks none of ours. A replica that is
-- away for the moment has its slot waiting for it.
SELECT now(),
       coalesce((SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
                pg_postmaster_start_time()),
       pg_postmaster_start_time(),
       current_database(),
       pg_is_in_recovery(),
       (SELECT count(*) FROM pg_stat_replication AS r
        WHERE NOT EXISTS (SELECT FROM pg_replication_slots AS s WHERE s.active_pid = r.pid AND s.slot_type = 'logical'))
       + (SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT active),
       current_setting('track_counts')::bool
