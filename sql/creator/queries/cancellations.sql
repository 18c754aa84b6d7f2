-- Administration: the latest cancellations of everybody.

-- platformdb: target_ms=50
SELECT subscriber_id, creator_id, subscribed_at, cancelled_at
FROM subscriptions
WHERE status = 'cancelled'
ORDER BY cancelled_at DESC, subscribed_at DESC
LIMIT 20;
