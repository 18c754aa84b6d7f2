-- Analytics: how often something happened on each of 30 days, and to how many users.

-- platformdb: personas="events of the name"
SELECT event_name, date_trunc('day', (SELECT max("timestamp") FROM analytics_events), 'UTC') AS until, count(*) AS weight
FROM analytics_events
GROUP BY event_name;

-- platformdb: target_ms=50
SELECT date_trunc('day', "timestamp", 'UTC') AS day, count(*) AS times, count(DISTINCT user_id) AS users
FROM analytics_events
WHERE event_name = $1 AND "timestamp" >= $2::timestamptz - interval '30 days' AND "timestamp" < $2
GROUP BY 1
ORDER BY 1;
