-- Keyset pagination: a page ends with a cursor, and the next one begins behind it, at the same cost whatever its number.
--
-- A cursor is opaque to clients and holds what the page is ordered by: a time and, where times are equal, an id. Use:
--   WHERE (created_at, id) < (cursor_at($1), cursor_id($1)) ORDER BY created_at DESC, id DESC LIMIT 20
-- which an index on (created_at, id) answers by one descent. The first page takes page_cursor('infinity').
CREATE OR REPLACE FUNCTION page_cursor(at timestamptz, id uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff')
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    -- timestamptz_send is 8 bytes, uuid_send 16: nothing of a time zone or a date style gets in.
    SELECT translate(encode(timestamptz_send(at) || uuid_send(id), 'base64'), '+/', '-_')
$$;

CREATE OR REPLACE FUNCTION cursor_at(cursor text) RETURNS timestamptz
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    sent bytea := substring(decode(translate(cursor, '-_', '+/'), 'base64') FROM 1 FOR 8);
    microseconds bigint := ('x' || encode(sent, 'hex'))::bit(64)::bigint;
BEGIN
    IF microseconds = 9223372036854775807 THEN
        RETURN 'infinity';
    ELSIF microseconds = -9223372036854775808 THEN
        RETURN '-infinity';
    END IF;
    -- In two parts: interval arithmetic is in double precision, which would round centuries of microseconds. Hours,
    -- not days: a day has as many hours as the session's time zone says.
    RETURN '2000-01-01 00:00:00+00'::timestamptz
        + make_interval(hours => (microseconds / 3600000000)::integer)
        + (microseconds % 3600000000) * interval '1 microsecond';
END
$$;

CREATE OR REPLACE FUNCTION cursor_id(cursor text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$
    SELECT encode(substring(decode(translate(cursor, '-_', '+/'), 'base64') FROM 9 FOR 16), 'hex')::uuid
$$;
