-- A message as a page shows it: with the JSON arrays attachments and reactions, made from their tables when asked. They
-- are no columns of messages: there each reaction would write the whole message anew, and two places may disagree.
CREATE OR REPLACE VIEW message_details AS
SELECT
    m.channel_id, m.created_at, m.id, m.author_id, m.content, m.edited_timestamp, m.type, m.flags, m.tts, m.pinned,
    m.mention_everyone, m.mentions, m.mention_roles, m.mention_channels, m.embeds, m.components, m.sticker_items,
    m.activity, m.application, m.application_id, m.webhook_id, m.message_reference, m.referenced_message_created_at,
    m.referenced_message_id, m.thread_id, m.language, m.deleted_at,
    attached.attachments,
    reacted.reactions
FROM messages AS m
-- Joined, not in the list of columns: there the server would plan both once for every partition of messages.
CROSS JOIN LATERAL (
    SELECT
        coalesce(jsonb_agg(to_jsonb(a) - '{channel_id,message_created_at,message_id}'::text[] ORDER BY a.id), '[]')
            AS attachments
    FROM message_attachments AS a
    WHERE a.channel_id = m.channel_id AND a.message_created_at = m.created_at AND a.message_id = m.id
) AS attached
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(to_jsonb(used) ORDER BY used.count DESC, used.emoji_name, used.emoji_id), '[]') AS reactions
    FROM (
        SELECT r.emoji_id, r.emoji_name, count(*) AS count
        FROM message_reactions AS r
        WHERE r.channel_id = m.channel_id AND r.message_created_at = m.created_at AND r.message_id = m.id
        GROUP BY r.emoji_id, r.emoji_name
    ) AS used
) AS reacted;
