-- Write: a member cancels his running subscription.

-- platformdb: personas="subscriptions sold"
SELECT tier.id, tier.community_id, tier.subscriber_id, latest.at AS now, tier.weight
FROM (SELECT max(created_at) AS at FROM subscriptions) AS latest
CROSS JOIN (
    SELECT tier_id AS id, community_id, min(subscriber_id::text)::uuid AS subscriber_id, count(*) AS weight
    FROM subscriptions
    WHERE status = 'active'
    GROUP BY tier_id, community_id
) AS tier;

-- platformdb: target_ms=10 rollback=on
UPDATE subscriptions SET status = 'cancelled', cancelled_at = greatest($4, subscribed_at)
WHERE subscriber_id = $3 AND community_id = $2 AND tier_id = $1 AND status IN ('active', 'past_due');
