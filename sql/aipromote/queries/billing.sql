-- Billing page: a user's subscriptions, newest first.

-- platformdb: personas="subscriptions"
SELECT users.id, count(subscriptions.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN subscriptions ON subscriptions.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT plan, status, price_cents, currency, started_at, current_period_end
FROM subscriptions
WHERE user_id = $1
ORDER BY started_at DESC
LIMIT 20;
