-- Keeps message_mentions what the three arrays of a message say. Its foreign keys are theirs: who mentions somebody
-- that does not exist gets their error.
CREATE OR REPLACE FUNCTION sync_message_mentions() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM message_mentions AS held
        USING new_rows AS m
        WHERE (held.channel_id, held.message_created_at, held.message_id) = (m.channel_id, m.created_at, m.id)
          AND coalesce(held.user_id, held.role_id, held.mentioned_channel_id)
              <> ALL (m.mentions || m.mention_roles || m.mention_channels);
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
