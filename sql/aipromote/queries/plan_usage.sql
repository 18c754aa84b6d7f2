-- Usage against the plan: what a user has used this month, of each metric, and what the plan allows.

-- platformdb: personas="lines of usage in the month"
SELECT user_id, period, count(*) AS weight
FROM usage
GROUP BY user_id, period;

-- platformdb: target_ms=10
SELECT metric, coalesce(charged.used, 0) AS used, plan_limit(users.plan::text, metric::text) AS allowed
FROM users
CROSS JOIN unnest(enum_range(NULL::usage_metric)) AS metric
LEFT JOIN (
    SELECT usage.metric, sum(amount) AS used
    FROM usage
    WHERE user_id = $1 AND period = $2::date
    GROUP BY usage.metric
) AS charged USING (metric)
WHERE users.id = $1
ORDER BY metric;
