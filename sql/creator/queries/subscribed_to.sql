-- Profile: what a user subscribes to, and did before, newest first.

-- platformdb: personas="subscriptions"
SELECT subscriber_id, count(*) AS weight FROM subscriptions GROUP BY subscriber_id;

-- platformdb: target_ms=50
SELECT
    (SELECT username FROM users WHERE users.id = creator_id) AS username, status, subscribed_at, cancelled_at
FROM subscriptions
WHERE subscriber_id = $1
ORDER BY subscribed_at DESC
LIMIT 20;
