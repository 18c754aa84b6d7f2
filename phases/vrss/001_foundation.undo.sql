DROP TABLE storage_usage;
DROP TABLE user_profiles;
DROP TABLE users;
DROP TABLE subscription_tiers;

-- PostgreSQL 18 keeps its own uuidv7() in pg_catalog; only the one that phase 1 made is removed.
DO $$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        DROP FUNCTION uuidv7();
    END IF;
END
$$;
