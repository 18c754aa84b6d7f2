-- Sessions that are at work in this database, and whether somebody waits for a lock of ours.
SELECT (SELECT count(*)
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
          AND state <> 'idle'),
       (SELECT count(*)
        FROM pg_locks
        WHERE NOT granted AND pid <> pg_backend_pid()
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
