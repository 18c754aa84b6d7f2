-- Renewal job: the next 100 subscriptions whose paid period ends by an instant.

-- platformdb: persona=heaviest
SELECT max(current_period_end) FROM subscriptions;

-- platformdb: persona=median
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY current_period_end) FROM subscriptions WHERE status = 'active';

-- platformdb: persona=nothing
SELECT min(current_period_end) FROM subscriptions;

-- platformdb: target_ms=10
SELECT id, subscriber_id, tier_id, current_period_end
FROM subscriptions
WHERE status = 'active' AND current_period_end < $1
ORDER BY current_period_end
LIMIT 100;
