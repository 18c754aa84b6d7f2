-- The direct channel of two people, made when they have none: also when both ask at the same instant.
CREATE OR REPLACE FUNCTION open_direct_channel(one uuid, another uuid) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    found_id uuid;
BEGIN
    INSERT INTO channels (type, dm_user_1, dm_user_2)
    VALUES (1, least(one, another), greatest(one, another))
    ON CONFLICT (dm_user_1, dm_user_2) DO NOTHING
    RETURNING id INTO found_id;
    RETURN coalesce(
        found_id,
        (SELECT id FROM channels WHERE dm_user_1 = least(one, another) AND dm_user_2 = greatest(one, another))
    );
END
$$;
