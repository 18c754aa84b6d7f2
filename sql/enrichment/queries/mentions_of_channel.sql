-- Where a channel is spoken of: the 50 newest messages that name it.

-- platformdb: personas="mentions of the channel"
SELECT mentioned_channel_id, count(*) AS weight
FROM message_mentions
WHERE mentioned_channel_id IS NOT NULL
GROUP BY mentioned_channel_id;

-- platformdb: target_ms=50 large=3000
SELECT channel_id, message_created_at, message_id
FROM message_mentions
WHERE mentioned_channel_id = $1
ORDER BY message_created_at DESC
LIMIT 50;
