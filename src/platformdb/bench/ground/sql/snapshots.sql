-- Whoever still sees rows that others no longer see, in this database.
SELECT pid
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
ORDER BY pid
