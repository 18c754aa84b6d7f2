-- Whether somebody would miss this server: standbys that follow it now, and an archive of its log.
SELECT
    (SELECT count(*) FROM pg_stat_replication)::int AS standbys,
    current_setting('archive_mode') <> 'off' AS archives
