-- Account page: what a user has subscribed to, newest first.

-- platformdb: personas="subscriptions"
SELECT user_id, count(*) AS weight FROM user_subscriptions GROUP BY user_id;

-- platformdb: target_ms=50
SELECT
    (SELECT name FROM subscription_tiers WHERE subscription_tiers.id = tier_id) AS tier,
    status, started_at, current_period_end
FROM user_subscriptions
WHERE user_id = $1
ORDER BY started_at DESC
LIMIT 20;
