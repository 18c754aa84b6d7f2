-- Moderation: in which channels most was written in an hour.

-- platformdb: personas="messages of the hour"
SELECT date_trunc('hour', created_at, 'UTC') AS begins, count(*) AS weight
FROM messages
GROUP BY 1;

-- platformdb: target_ms=50 whole="messages" reason="in a month of few messages any index of it will do"
SELECT channel_id, count(*) AS messages, count(deleted_at) AS deleted
FROM messages
WHERE created_at >= $1 AND created_at < $1::timestamptz + interval '1 hour'
GROUP BY channel_id
ORDER BY messages DESC, channel_id
LIMIT 50;
