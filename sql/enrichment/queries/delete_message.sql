-- Moderation: a message goes for good, with its files, reactions, mentions and analysis.

-- platformdb: personas="reactions to the message"
SELECT r.channel_id, r.message_created_at, r.message_id, max(r.user_id::text)::uuid AS user_id, count(*) AS weight
FROM message_reactions AS r
GROUP BY r.channel_id, r.message_created_at, r.message_id;

-- platformdb: target_ms=50 rollback=on
DELETE FROM messages WHERE channel_id = $1 AND created_at = $2 AND id = $3 AND author_id <> $4;
