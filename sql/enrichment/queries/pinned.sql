-- Pins: what is pinned in a channel, newest first.

-- platformdb: personas="pinned messages"
SELECT channel_id, count(*) AS weight
FROM messages
WHERE pinned AND deleted_at IS NULL
GROUP BY channel_id;

-- platformdb: target_ms=50
SELECT id, author_id, content, created_at
FROM messages
WHERE channel_id = $1 AND pinned AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 50;
