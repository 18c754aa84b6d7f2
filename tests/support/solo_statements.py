"""Statements that PostgreSQL refuses in a transaction block, and some that it takes there, with what they need."""

from __future__ import annotations

# Each with the oldest version that knows it.
REFUSED: tuple[tuple[str, int], ...] = (
    ("CREATE DATABASE x", 14),
    ("DROP DATABASE x", 14),
    ("DROP DATABASE IF EXISTS x", 14),
    ("ALTER DATABASE postgres SET TABLESPACE pg_default", 14),
    ("CREATE TABLESPACE x LOCATION '/x'", 14),
    ("DROP TABLESPACE x", 14),
    ("ALTER SYSTEM SET work_mem = '1MB'", 14),
    ("ALTER SYSTEM RESET ALL", 14),
    ("CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere' PUBLICATION p", 14),
    ("CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere' PUBLICATION p WITH (create_slot)", 14),
    ("DROP SUBSCRIPTION sub", 14),
    ("ALTER SUBSCRIPTION sub REFRESH PUBLICATION", 14),
    ("ALTER SUBSCRIPTION sub SET PUBLICATION p", 14),
    ("ALTER SUBSCRIPTION sub ADD PUBLICATION q", 14),
    ("ALTER SUBSCRIPTION sub DROP PUBLICATION p", 14),
    ("ALTER SUBSCRIPTION idle SET (failover = true)", 17),
    ("ALTER SUBSCRIPTION idle SET (two_phase = off)", 18),
    ("CREATE INDEX CONCURRENTLY j ON t (x)", 14),
    ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS j ON t (x)", 14),
    ("DROP INDEX CONCURRENTLY i", 14),
    ("DROP INDEX CONCURRENTLY IF EXISTS nowhere", 14),
    ("VACUUM", 14),
    ("VACUUM t", 14),
    ("VACUUM (ANALYZE, VERBOSE) t", 14),
    ("CLUSTER", 14),
    ("DISCARD ALL", 14),
    ("REINDEX TABLE CONCURRENTLY t", 14),
    ("REINDEX (VERBOSE, CONCURRENTLY) INDEX i", 14),
    ("REINDEX SCHEMA public", 14),
    ("REINDEX DATABASE nowhere", 14),
    ("REINDEX SYSTEM nowhere", 14),
    ("ALTER TABLE parted DETACH PARTITION part CONCURRENTLY", 14),
    ("COMMIT PREPARED 'x'", 14),
    ("ROLLBACK PREPARED 'x'", 14),
    ("DO $$ BEGIN COMMIT; END $$", 14),
    ("DO LANGUAGE plpgsql 'BEGIN IF true THEN ROLLBACK; END IF; END'", 14),
)

ACCEPTED: tuple[tuple[str, int], ...] = (
    ("CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere' PUBLICATION p WITH (connect = false)", 14),
    ("CREATE SUBSCRIPTION s CONNECTION 'host=/nowhere' PUBLICATION p WITH (connect = off, slot_name = NONE)", 14),
    ("ALTER SUBSCRIPTION sub SET PUBLICATION p WITH (refresh = false)", 14),
    ("ALTER SUBSCRIPTION sub ADD PUBLICATION q WITH (refresh = off)", 14),
    ("ALTER SUBSCRIPTION idle SET (slot_name = NONE)", 14),
    ("ALTER SUBSCRIPTION idle SET (two_phase = true)", 18),
    ("ALTER SUBSCRIPTION sub CONNECTION 'host=/elsewhere'", 14),
    ("ALTER SUBSCRIPTION sub DISABLE", 14),
    ("CREATE TABLE u (x int)", 14),
    ("CREATE INDEX j ON t (x)", 14),
    ("DROP INDEX i", 14),
    ("DROP TABLE t", 14),
    ("ANALYZE", 14),
    ("ANALYZE t", 14),
    ("CLUSTER t USING i", 14),
    ("DISCARD PLANS", 14),
    ("DISCARD TEMP", 14),
    ("REINDEX TABLE t", 14),
    ("REINDEX (CONCURRENTLY false) INDEX i", 14),
    ("REINDEX (VERBOSE) TABLE t", 14),
    ("ALTER TABLE parted DETACH PARTITION part", 14),
    ("ALTER TABLE t ADD COLUMN y int", 14),
    ("ALTER TYPE mood ADD VALUE 'x'", 14),
    ("ALTER DATABASE postgres SET work_mem = '1MB'", 14),
    ("ALTER DATABASE postgres CONNECTION LIMIT 500", 14),
    ("CALL quiet()", 14),
    ("TRUNCATE t", 14),
    ("SET search_path = x", 14),
    ("CHECKPOINT", 14),
    ("DO $$ BEGIN PERFORM 'x'; CREATE TEMP TABLE v (x int) ON COMMIT DROP; END $$", 14),
    ("DO $$ BEGIN PERFORM ';COMMIT;'; /* ; COMMIT; */ -- ; COMMIT;\nEND $$", 14),
)

SETUP = """
CREATE TABLE t (x int);
CREATE INDEX i ON t (x);
CREATE TABLE parted (x int) PARTITION BY LIST (x);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
CREATE TYPE mood AS ENUM ('a');
CREATE PROCEDURE quiet() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE SUBSCRIPTION idle CONNECTION 'host=/nowhere' PUBLICATION p WITH (connect = false, slot_name = 'idle');
CREATE SUBSCRIPTION sub CONNECTION 'host=/nowhere' PUBLICATION p, o WITH (connect = false, slot_name = 'sub');
ALTER SUBSCRIPTION sub ENABLE;
"""
TEARDOWN = """
ALTER SUBSCRIPTION sub DISABLE;
ALTER SUBSCRIPTION sub SET (slot_name = NONE);
ALTER SUBSCRIPTION idle SET (slot_name = NONE);
DROP SUBSCRIPTION sub;
DROP SUBSCRIPTION idle;
"""
