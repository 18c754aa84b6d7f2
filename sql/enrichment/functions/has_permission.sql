-- Whether a user may do something, by its name, in a channel.
CREATE OR REPLACE FUNCTION has_permission(for_user uuid, in_channel uuid, permission text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT channel_permissions_of(for_user, in_channel) & permission_mask(permission) <> 0
$$;
