-- Moderation queue: the 50 messages that may be most toxic, of all channels.

-- platformdb: persona=heaviest
SELECT 1.0 AS below;

-- platformdb: persona=next_page
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY toxicity_score) AS below FROM ai_analysis WHERE toxicity_score >= 0.5;

-- platformdb: target_ms=50
SELECT channel_id, message_id, message_created_at, toxicity_score
FROM ai_analysis
WHERE toxicity_score >= 0.5 AND toxicity_score <= $1
ORDER BY toxicity_score DESC, message_created_at DESC
LIMIT 50;
