-- Sending a message: it is the last of its conversation.

-- platformdb: personas="messages"
SELECT
    part.conversation_id,
    min(part.user_id::text)::uuid,
    (SELECT count(*) FROM messages WHERE messages.conversation_id = part.conversation_id) AS weight
FROM conversation_participants AS part
WHERE part.left_at IS NULL
GROUP BY part.conversation_id;

-- platformdb: target_ms=10 rollback=on
INSERT INTO messages (conversation_id, sender_id, content) VALUES ($1, $2, 'I am on the train, see you at eight.');
