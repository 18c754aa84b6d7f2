-- The refresh job: makes creator_statistics new while others go on reading the old rows, and notes when and how long.
--
-- Gives the number of creators, or NULL where another refresh is at work, whose outcome will do for both.
CREATE OR REPLACE FUNCTION refresh_creator_statistics() RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    began timestamptz := clock_timestamp();
    found bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock('creator_statistics'::regclass::oid::integer, 0) THEN
        RETURN NULL;
    END IF;
    REFRESH MATERIALIZED VIEW CONCURRENTLY creator_statistics;
    SELECT count(*) INTO found FROM creator_statistics;
    INSERT INTO statistics_refreshes (started_at, finished_at, creators) VALUES (began, clock_timestamp(), found);
    RETURN found;
END
$$;
