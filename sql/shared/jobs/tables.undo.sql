-- Frozen: versioned phases include this file, and applied phases must not change.
-- The functions stay, as everything repeatable does; the view reads the tables, and would hold them back.
DROP VIEW IF EXISTS job_health;
DROP TABLE done_jobs;
DROP TABLE dead_jobs;
DROP TABLE job_keys;
DROP SEQUENCE job_claims;
DROP TABLE jobs;
DROP TABLE job_queues;
