-- Write: a user reacts to a message.

-- platformdb: personas="reactions to the message"
SELECT r.channel_id, r.message_created_at, r.message_id, max(r.user_id::text)::uuid AS user_id, count(*) AS weight
FROM message_reactions AS r
GROUP BY r.channel_id, r.message_created_at, r.message_id;

-- platformdb: target_ms=10 rollback=on
INSERT INTO message_reactions (channel_id, message_created_at, message_id, user_id, emoji_name, created_at)
VALUES ($1, $2, $3, $4, 'heron', $2);
