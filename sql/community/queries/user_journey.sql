-- Support: the last 50 things that a user did.

-- platformdb: personas="recorded events"
SELECT users.id, count(analytics_events.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN analytics_events ON analytics_events.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50
SELECT "timestamp", event_name, properties
FROM analytics_events
WHERE user_id = $1
ORDER BY "timestamp" DESC
LIMIT 50;
