-- Moderation: what a user has sent, newest first, whatever the conversation.

-- platformdb: personas="messages sent"
SELECT sender_id, count(*) AS weight FROM messages WHERE sender_id IS NOT NULL GROUP BY sender_id;

-- platformdb: target_ms=50
SELECT * FROM messages
WHERE sender_id = $1
ORDER BY created_at DESC
LIMIT 20;
