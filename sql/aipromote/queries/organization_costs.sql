-- Costs: what an organization has cost its owner in a month.

-- platformdb: personas="lines of usage in the month"
SELECT organization_id, user_id, period, count(*) AS weight
FROM usage
WHERE organization_id IS NOT NULL
GROUP BY organization_id, user_id, period;

-- platformdb: target_ms=50 sorted=20000
SELECT metric, sum(amount) AS used
FROM usage
WHERE organization_id = $1 AND user_id = $2 AND period = $3
GROUP BY metric
ORDER BY metric;
