-- An error's text without what may be a token or a key: platforms like to repeat what was sent to them.
CREATE OR REPLACE FUNCTION redact(message text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT left(coalesce(nullif(cleaned, ''), 'no message'), 2000)
    FROM regexp_replace(btrim(message), '[A-Za-z0-9_=+/~.-]{32,}', '[removed]', 'g') AS cleaned
$$;
