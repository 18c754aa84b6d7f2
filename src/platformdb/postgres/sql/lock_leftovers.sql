-- Work of runners behind a pooler holds no advisory lock; it is known by its name, and only while it does something.
SELECT 'work', pid, usename::text, application_name, host(client_addr), backend_start,
       state, wait_event_type || ': ' || wait_event, query
FROM pg_stat_activity
WHERE datname = current_database()
  AND application_name LIKE 'platformdb work %'
  AND state <> 'idle'
  AND pid <> pg_backend_pid()
ORDER BY pid
