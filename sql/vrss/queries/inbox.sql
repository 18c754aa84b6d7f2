-- Inbox: the conversations of a user with their last message, the latest first.

-- platformdb: personas="conversations"
SELECT user_id, count(*) AS weight FROM conversation_participants WHERE left_at IS NULL GROUP BY user_id;

-- platformdb: target_ms=50
SELECT part.conversation_id, last.created_at, last.content
FROM conversation_participants AS part
CROSS JOIN LATERAL (
    SELECT created_at, content
    FROM messages
    WHERE conversation_id = part.conversation_id AND deleted_at IS NULL
    ORDER BY created_at DESC
    LIMIT 1
) AS last
WHERE part.user_id = $1 AND part.left_at IS NULL
ORDER BY last.created_at DESC
LIMIT 20;
