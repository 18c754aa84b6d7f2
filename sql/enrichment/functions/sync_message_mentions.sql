-- Keeps message_mentions what the three arrays of a message say. Its foreign keys are theirs: who mentions somebody
-- that does not exist gets their error. Of an update only what it put into an array or took out is looked at: the
-- mentions of a month are retired before its messages, and must not come back when something else is written there; and
-- a role that is gone, with its mentions, does not keep an author from mentioning somebody else.
CREATE OR REPLACE FUNCTION sync_message_mentions() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    changed uuid[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(n.id) INTO changed
        FROM new_rows AS n
        JOIN old_rows AS o ON (o.channel_id, o.created_at, o.id) = (n.channel_id, n.created_at, n.id)
        WHERE (n.mentions, n.mention_roles, n.mention_channels) <> (o.mentions, o.mention_roles, o.mention_channels);
        IF changed IS NULL THEN
            RETURN NULL;
        END IF;
        DELETE FROM message_mentions AS held
        USING new_rows AS m
        WHERE m.id = ANY (changed)
          AND (held.channel_id, held.message_created_at, held.message_id) = (m.channel_id, m.created_at, m.id)
          AND coalesce(held.user_id, held.role_id, held.mentioned_channel_id)
              <> ALL (m.mentions || m.mention_roles || m.mention_channels);
        INSERT INTO message_mentions (channel_id, message_created_at, message_id, user_id, role_id, mentioned_channel_id)
        SELECT n.channel_id, n.created_at, n.id, mention.*
        FROM new_rows AS n
        JOIN old_rows AS o ON (o.channel_id, o.created_at, o.id) = (n.channel_id, n.created_at, n.id)
        CROSS JOIN LATERAL (
            (
                SELECT unnest(n.mentions), NULL::uuid, NULL::uuid
                UNION ALL SELECT NULL, unnest(n.mention_roles), NULL
                UNION ALL SELECT NULL, NULL, unnest(n.mention_channels)
            )
            EXCEPT
            (
                SELECT unnest(o.mentions), NULL::uuid, NULL::uuid
                UNION ALL SELECT NULL, unnest(o.mention_roles), NULL
                UNION ALL SELECT NULL, NULL, unnest(o.mention_channels)
            )
        ) AS mention
        WHERE n.id = ANY (changed)
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END IF;
    INSERT INTO message_mentions (channel_id, message_created_at, message_id, user_id, role_id, mentioned_channel_id)
    SELECT m.channel_id, m.created_at, m.id, mention.*
    FROM new_rows AS m
    CROSS JOIN LATERAL (
        SELECT unnest(m.mentions), NULL::uuid, NULL::uuid
        UNION
        SELECT NULL, unnest(m.mention_roles), NULL
        UNION
        SELECT NULL, NULL, unnest(m.mention_channels)
    ) AS mention
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
