-- Mood of a channel: its 20 unhappiest messages.

-- platformdb: personas="unhappy messages"
SELECT channels.id, count(ai_analysis.id) AS weight, channels.created_at AS since
FROM channels
LEFT JOIN ai_analysis ON ai_analysis.channel_id = channels.id AND ai_analysis.sentiment_score < -0.5
GROUP BY channels.id;

-- platformdb: target_ms=50
SELECT message_id, message_created_at, sentiment_score, summary
FROM ai_analysis
WHERE channel_id = $1 AND sentiment_score < -0.5
ORDER BY sentiment_score
LIMIT 20;
