-- Tiers: how many are on a tier now, asked before its price is changed.

-- platformdb: personas="subscriptions sold"
SELECT
    subscription_tiers.id, subscription_tiers.community_id,
    count(subscriptions.id) AS weight, subscription_tiers.created_at AS since
FROM subscription_tiers
LEFT JOIN subscriptions ON subscriptions.tier_id = subscription_tiers.id
GROUP BY subscription_tiers.id;

-- platformdb: target_ms=50
SELECT status, count(*) AS subscriptions
FROM subscriptions
WHERE tier_id = $1 AND community_id = $2
GROUP BY status;
