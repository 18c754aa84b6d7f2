-- Dashboard: what an organization's posts did in 30 days, by platform.

-- platformdb: personas="figures"
SELECT organization_id, max(metric_date) AS latest, count(*) AS weight
FROM analytics
GROUP BY organization_id;

-- platformdb: target_ms=50 sorted=20000
SELECT platform, count(DISTINCT metric_date) AS days, sum(impressions) AS impressions, sum(reach) AS reach,
       sum(likes + comments + shares + clicks) AS engagements,
       round(sum(likes + comments + shares + clicks)::numeric / nullif(sum(impressions), 0), 4) AS engagement_rate
FROM analytics
WHERE organization_id = $1
  AND metric_date > $2::date - 30
  AND metric_date <= $2::date
GROUP BY platform
ORDER BY impressions DESC;
