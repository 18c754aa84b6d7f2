-- Subscribers: the 50 newest of a community who pay now.

-- platformdb: personas="subscriptions ever"
SELECT communities.id, count(subscriptions.id) AS weight, communities.created_at AS since
FROM communities
LEFT JOIN subscriptions ON subscriptions.community_id = communities.id
GROUP BY communities.id;

-- platformdb: target_ms=50 large=2000
SELECT users.id, users.name, subscriptions.subscribed_at, subscriptions.current_period_end
FROM subscriptions
JOIN users ON users.id = subscriptions.subscriber_id
WHERE subscriptions.community_id = $1 AND subscriptions.status = 'active'
ORDER BY subscriptions.subscribed_at DESC
LIMIT 50;
