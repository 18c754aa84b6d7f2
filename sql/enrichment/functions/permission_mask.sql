-- The mask of permissions by name. A name that is unknown is an error, not a permission less.
CREATE OR REPLACE FUNCTION permission_mask(VARIADIC names text[]) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    mask  bigint;
    known bigint;
BEGIN
    SELECT coalesce(bit_or(1::bigint << bit), 0), count(*) INTO mask, known FROM permissions WHERE name = ANY (names);
    IF known <> (SELECT count(DISTINCT wanted) FROM unnest(names) AS wanted) THEN
        RAISE EXCEPTION 'no such permission among %', array_to_string(names, ', ')
            USING ERRCODE = 'undefined_object', HINT = 'SELECT name FROM permissions ORDER BY bit lists them.';
    END IF;
    RETURN mask;
END
$$;
