-- Frozen: versioned phases include this file, and applied phases must not change.
--
-- PostgreSQL 18 keeps its own uuidv7() in pg_catalog; only the one that phase 1 made is removed.
DO $$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        DROP FUNCTION uuidv7();
    END IF;
END
$$;
