-- Summaries of a channel: the 10 that reach latest.

-- platformdb: personas="summaries"
SELECT channels.id, count(conversation_summaries.id) AS weight, channels.created_at AS since
FROM channels
LEFT JOIN conversation_summaries ON conversation_summaries.channel_id = channels.id
GROUP BY channels.id;

-- platformdb: target_ms=10
SELECT id, start_message_created_at, end_message_created_at, summary, key_points
FROM conversation_summaries
WHERE channel_id = $1
ORDER BY end_message_created_at DESC
LIMIT 10;
