-- Pins: what is pinned in a channel, newest first.

-- platformdb: personas="pinned messages"
SELECT channels.id, count(messages.id) AS weight, channels.created_at AS since
FROM channels
LEFT JOIN messages ON messages.channel_id = channels.id AND messages.pinned AND messages.deleted_at IS NULL
GROUP BY channels.id;

-- platformdb: target_ms=50
SELECT id, author_id, content, created_at
FROM messages
WHERE channel_id = $1 AND pinned AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 50;
