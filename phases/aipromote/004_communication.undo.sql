DROP VIEW IF EXISTS stray_posts, job_health;

\ir ../../sql/shared/jobs/tables.undo.sql
