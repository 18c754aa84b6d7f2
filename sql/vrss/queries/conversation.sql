-- Conversation: its last messages.

-- platformdb: personas="messages"
SELECT conversation_id, count(*) AS weight FROM messages GROUP BY conversation_id;

-- platformdb: target_ms=50
SELECT * FROM messages
WHERE conversation_id = $1 AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 20;
