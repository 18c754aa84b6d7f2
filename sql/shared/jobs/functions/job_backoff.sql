-- The wait after the attempt of this number: doubled with each one, up to ``cap``; half of it fixed and half by luck,
-- so that what failed together does not come back together.
CREATE OR REPLACE FUNCTION job_backoff(
    attempt integer, backoff interval, cap interval, luck double precision DEFAULT random()
) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    -- 2^30 of any wait above a microsecond is beyond a quarter of an hour; more would overflow an interval.
    SELECT least(backoff * (2 ^ least(attempt - 1, 30)), cap) * (0.5 + luck / 2)
$$;
