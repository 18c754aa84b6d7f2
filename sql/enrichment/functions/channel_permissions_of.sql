-- What a user may do in one channel, as a mask: 0 where he is nobody. channel_permissions_for() has the rules.
CREATE OR REPLACE FUNCTION channel_permissions_of(for_user uuid, in_channel uuid) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT coalesce((SELECT permissions FROM channel_permissions_for(for_user) WHERE channel_id = in_channel), 0)
$$;
