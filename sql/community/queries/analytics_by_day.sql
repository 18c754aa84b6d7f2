-- Analytics: how often something happened on each of 30 days, and to how many users.

-- platformdb: persona=heaviest
SELECT event_name, date_trunc('day', (SELECT max("timestamp") FROM analytics_events)) AS until
FROM analytics_events
GROUP BY event_name
ORDER BY count(*) DESC, event_name
LIMIT 1;

-- platformdb: persona=median
SELECT event_name, date_trunc('day', (SELECT max("timestamp") FROM analytics_events)) AS until
FROM (
    SELECT event_name, row_number() OVER (ORDER BY count(*), event_name) AS place, count(*) OVER () AS places
    FROM analytics_events
    GROUP BY event_name
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=rarest
SELECT event_name, date_trunc('day', (SELECT max("timestamp") FROM analytics_events)) AS until
FROM analytics_events
GROUP BY event_name
ORDER BY count(*), event_name
LIMIT 1;

-- platformdb: target_ms=50
SELECT date_trunc('day', "timestamp", 'UTC') AS day, count(*) AS times, count(DISTINCT user_id) AS users
FROM analytics_events
WHERE event_name = $1 AND "timestamp" >= $2::timestamptz - interval '30 days' AND "timestamp" < $2
GROUP BY 1
ORDER BY 1;
