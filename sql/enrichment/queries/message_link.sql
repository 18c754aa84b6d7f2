-- Message link: a message by its channel and id, which is all that a link holds.

-- platformdb: personas="messages in the channel"
SELECT channels.id, channels.last_message_id, count(messages.id) AS weight
FROM channels
JOIN messages ON messages.channel_id = channels.id
WHERE channels.last_message_id IS NOT NULL
GROUP BY channels.id;

-- platformdb: persona=oldest
SELECT channel_id, id FROM messages ORDER BY created_at, id LIMIT 1;

-- platformdb: persona=gone
SELECT id, '00000000-0000-7000-8000-000000000000'::uuid FROM channels ORDER BY id LIMIT 1;

-- platformdb: target_ms=10
SELECT id, author_id, content, created_at, attachments, reactions FROM message_details WHERE channel_id = $1 AND id = $2;
