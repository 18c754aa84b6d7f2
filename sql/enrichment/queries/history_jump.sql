-- History, jump: the 25 messages of a channel before a date and the 25 from it on.

-- platformdb: personas="messages in the channel"
SELECT channel_id, percentile_disc(0.4) WITHIN GROUP (ORDER BY created_at) AS date, count(*) AS weight
FROM messages
GROUP BY channel_id;

-- platformdb: target_ms=50
(
    SELECT id, author_id, content, created_at, attachments, reactions
    FROM message_details
    WHERE channel_id = $1 AND thread_id IS NULL AND deleted_at IS NULL AND created_at < $2
    ORDER BY created_at DESC, id DESC
    LIMIT 25
)
UNION ALL
(
    SELECT id, author_id, content, created_at, attachments, reactions
    FROM message_details
    WHERE channel_id = $1 AND thread_id IS NULL AND deleted_at IS NULL AND created_at >= $2
    ORDER BY created_at, id
    LIMIT 25
)
ORDER BY created_at, id;
