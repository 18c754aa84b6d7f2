-- Bounces: how many reports of a type came in on each of 30 days.

-- platformdb: personas="reports of the type"
SELECT type, date_trunc('day', (SELECT max(created_at) FROM email_feedback), 'UTC') AS until, count(*) AS weight
FROM email_feedback
GROUP BY type;

-- platformdb: target_ms=50
SELECT date_trunc('day', created_at, 'UTC') AS day, count(*) AS reports
FROM email_feedback
WHERE type = $1 AND created_at >= $2::timestamptz - interval '30 days' AND created_at < $2
GROUP BY 1
ORDER BY 1;
