-- Billing: a user's subscriptions, newest first.

-- platformdb: personas="subscriptions"
SELECT users.id, count(subscriptions.subscriber_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN subscriptions ON subscriptions.subscriber_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT
    communities.name, subscription_tiers.name AS tier, subscriptions.status,
    subscriptions.subscribed_at, subscriptions.current_period_end
FROM subscriptions
JOIN communities ON communities.id = subscriptions.community_id
JOIN subscription_tiers ON subscription_tiers.id = subscriptions.tier_id
WHERE subscriptions.subscriber_id = $1
ORDER BY subscriptions.subscribed_at DESC;
