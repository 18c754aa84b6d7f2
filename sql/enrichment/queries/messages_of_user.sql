-- Moderation: the 50 newest messages of a user, in all channels.

-- platformdb: personas="messages written"
SELECT users.id, count(messages.author_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN messages ON messages.author_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50
SELECT channel_id, id, content, created_at, deleted_at
FROM messages
WHERE author_id = $1
ORDER BY created_at DESC
LIMIT 50;
