-- What a user may do in each of his channels, as masks; channels of which he sees nothing have 0 or are not there.
--
-- The roles' masks and his own are joined. The channel's overrides follow, the later ones stronger: of @everyone, of all
-- his roles together, of himself; in each of them what is allowed wins over what is denied. The owner, and who may
-- ADMINISTRATOR, may everything whatever the overrides say. Who has a timeout, or has not passed the entrance yet,
-- may only look; and without VIEW_CHANNEL nothing else holds. In direct channels and groups there are no roles.
--
-- One SELECT without side effects, so that the planner takes it apart: WHERE channel_id = … reads one channel only.
CREATE OR REPLACE FUNCTION channel_permissions_for(for_user uuid)
RETURNS TABLE (channel_id uuid, server_id uuid, permissions bigint)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        c.id,
        c.server_id,
        CASE
            WHEN s.owner_id = for_user OR base.mask & (SELECT permission_mask('ADMINISTRATOR')) <> 0
                THEN (SELECT bit_or(1::bigint << bit) FROM permissions)
            WHEN own.mask & (SELECT permission_mask('VIEW_CHANNEL')) = 0 THEN 0
            WHEN m.pending OR m.communication_disabled_until > now()
                THEN own.mask & (SELECT permission_mask('VIEW_CHANNEL', 'READ_MESSAGE_HISTORY'))
            ELSE own.mask
        END
    FROM server_members AS m
    JOIN users AS u ON u.id = m.user_id AND u.deleted_at IS NULL
    JOIN servers AS s ON s.id = m.server_id AND s.deleted_at IS NULL
    JOIN roles AS everyone ON everyone.id = m.server_id
    JOIN channels AS c ON c.server_id = m.server_id AND c.deleted_at IS NULL
    CROSS JOIN LATERAL (
        SELECT everyone.permissions | coalesce(m.permissions, 0) | coalesce(bit_or(r.permissions), 0) AS mask
        FROM member_roles AS mr
        JOIN roles AS r ON r.id = mr.role_id
        WHERE mr.member_id = m.id
    ) AS base
    CROSS JOIN LATERAL (
        SELECT
            coalesce(bit_or(p.deny) FILTER (WHERE p.role_id = c.server_id), 0) AS everyone_deny,
            coalesce(bit_or(p.allow) FILTER (WHERE p.role_id = c.server_id), 0) AS everyone_allow,
            coalesce(bit_or(p.deny) FILTER (WHERE p.role_id <> c.server_id), 0) AS roles_deny,
            coalesce(bit_or(p.allow) FILTER (WHERE p.role_id <> c.server_id), 0) AS roles_allow,
            coalesce(bit_or(p.deny) FILTER (WHERE p.user_id IS NOT NULL), 0) AS own_deny,
            coalesce(bit_or(p.allow) FILTER (WHERE p.user_id IS NOT NULL), 0) AS own_allow
        FROM channel_permissions AS p
        WHERE p.channel_id = c.id
          AND (
              p.user_id = for_user
              OR p.role_id = c.server_id
              OR EXISTS (SELECT FROM member_roles AS mr WHERE mr.member_id = m.id AND mr.role_id = p.role_id)
          )
    ) AS override
    CROSS JOIN LATERAL (
        SELECT
            ((base.mask & ~everyone_deny | everyone_allow) & ~roles_deny | roles_allow) & ~own_deny | own_allow AS mask
    ) AS own
    WHERE m.user_id = for_user

    UNION ALL

    SELECT c.id, NULL, (SELECT permission_mask(
        'ADD_REACTIONS', 'VIEW_CHANNEL', 'SEND_MESSAGES', 'SEND_TTS_MESSAGES', 'EMBED_LINKS', 'ATTACH_FILES',
        'READ_MESSAGE_HISTORY', 'USE_EXTERNAL_EMOJIS', 'STREAM', 'CONNECT', 'SPEAK', 'USE_VOICE_ACTIVITY', 'USE_COMMANDS'
    ))
    FROM channels AS c
    JOIN users AS u ON u.id = for_user AND u.deleted_at IS NULL
    WHERE c.deleted_at IS NULL
      AND c.id IN (
          SELECT id FROM channels WHERE dm_user_1 = for_user
          UNION ALL
          SELECT id FROM channels WHERE dm_user_2 = for_user
          UNION ALL
          SELECT r.channel_id FROM channel_recipients AS r WHERE r.user_id = for_user
      )
$$;
