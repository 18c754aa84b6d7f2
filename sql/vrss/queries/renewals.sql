-- Renewal job: the next 100 running subscriptions whose period has ended.

-- platformdb: persona=overdue
SELECT max(started_at) FROM user_subscriptions;

-- platformdb: target_ms=50
SELECT id, user_id, tier_id, current_period_end
FROM user_subscriptions
WHERE status IN ('trialing', 'active', 'past_due') AND current_period_end < $1
ORDER BY current_period_end
LIMIT 100;
