-- Frozen: versioned phases include this file, and applied phases must not change.
--
-- PostgreSQL 18 has uuidv7(). Below it this function makes values of the same shape (RFC 9562, version 7): 48 bits
-- of milliseconds, then 12 bits of the fraction of a millisecond, then random bits. Ids are time-ordered either way.
DO $$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        CREATE FUNCTION uuidv7() RETURNS uuid
        LANGUAGE sql VOLATILE PARALLEL SAFE
        AS $function$
            SELECT encode(
                       substring(int8send(t.us / 1000) FROM 3)
                       || substring(int8send((7::bigint << 12) | ((t.us % 1000) * 4096 / 1000)) FROM 7)
                       || substring(uuid_send(gen_random_uuid()) FROM 9),
                       'hex'
                   )::uuid
            FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS t
        $function$;

        COMMENT ON FUNCTION uuidv7() IS 'Time-ordered UUID, version 7; PostgreSQL 18 has its own.';
    END IF;
END
$$;
