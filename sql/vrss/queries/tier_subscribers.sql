-- Administration: how many subscriptions of a tier are past due.

-- platformdb: personas="subscriptions of the tier"
SELECT tier_id, count(*) AS weight FROM user_subscriptions GROUP BY tier_id;

-- platformdb: target_ms=50
SELECT count(*) FROM user_subscriptions WHERE tier_id = $1 AND status = 'past_due';
