-- Write: a message that mentions somebody, with a file.

-- platformdb: personas="messages in the channel"
SELECT channels.id, written.author_id, written.now, written.weight
FROM channels
JOIN LATERAL (
    SELECT max(author_id::text)::uuid AS author_id, max(created_at) AS now, count(*) AS weight
    FROM messages
    WHERE messages.channel_id = channels.id
) AS written ON written.weight > 0;

-- platformdb: target_ms=50 rollback=on
WITH written AS (
    INSERT INTO messages (channel_id, author_id, content, mentions, language, created_at)
    VALUES ($1, $2, 'Thank you, see the picture', ARRAY[$2]::uuid[], 'english', $3)
    RETURNING channel_id, created_at, id
)
INSERT INTO message_attachments (channel_id, message_created_at, message_id, filename, size, url, created_at)
SELECT channel_id, created_at, id, 'heron.png', 48213, 'https://files.example.com/heron.png', created_at FROM written;
