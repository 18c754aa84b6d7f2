-- Dashboard: what an organization's posts did in 30 days, by platform.

-- platformdb: persona=busiest
SELECT organization_id, latest
FROM (
    SELECT organization_id, max(metric_date) AS latest, count(*) AS weight
    FROM analytics
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: persona=median
SELECT organization_id, latest
FROM (
    SELECT *, row_number() OVER (ORDER BY weight, organization_id) AS place, count(*) OVER () AS places
    FROM (
        SELECT organization_id, max(metric_date) AS latest, count(*) AS weight
        FROM analytics
        GROUP BY organization_id
    ) AS counted
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT organization_id, latest
FROM (
    SELECT organization_id, max(metric_date) AS latest, count(*) AS weight
    FROM analytics
    GROUP BY organization_id
) AS ranked
ORDER BY weight, organization_id
LIMIT 1;

-- platformdb: target_ms=50
SELECT platform, count(DISTINCT metric_date) AS days, sum(impressions) AS impressions, sum(reach) AS reach,
       sum(likes + comments + shares + clicks) AS engagements,
       round(sum(likes + comments + shares + clicks)::numeric / nullif(sum(impressions), 0), 4) AS engagement_rate
FROM analytics
WHERE organization_id = $1
  AND metric_date > $2::date - 30
  AND metric_date <= $2::date
GROUP BY platform
ORDER BY impressions DESC;
