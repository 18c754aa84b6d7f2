-- Usage against the plan: what a user has used this month, of each metric, and what the plan allows.

-- platformdb: persona=busiest
SELECT user_id, period
FROM (
    SELECT user_id, period, count(*) AS weight
    FROM usage
    GROUP BY user_id, period
) AS ranked
ORDER BY weight DESC, user_id
LIMIT 1;

-- platformdb: persona=median
SELECT user_id, period
FROM (
    SELECT *, row_number() OVER (ORDER BY weight, user_id) AS place, count(*) OVER () AS places
    FROM (
        SELECT user_id, period, count(*) AS weight
        FROM usage
        GROUP BY user_id, period
    ) AS counted
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT user_id, period
FROM (
    SELECT user_id, period, count(*) AS weight
    FROM usage
    GROUP BY user_id, period
) AS ranked
ORDER BY weight, user_id
LIMIT 1;

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
