-- Write: the author changes a message; the audit log keeps what it said before.

-- platformdb: personas="reactions to the message"
SELECT r.channel_id, r.message_created_at, r.message_id, max(r.user_id::text)::uuid AS user_id, count(*) AS weight
FROM message_reactions AS r
GROUP BY r.channel_id, r.message_created_at, r.message_id;

-- platformdb: target_ms=50 rollback=on
UPDATE messages SET content = 'Thank you, and sorry', edited_timestamp = $2
WHERE channel_id = $1 AND created_at = $2 AND id = $3 AND author_id <> $4;
