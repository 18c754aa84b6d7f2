-- Collector: a day's figures of a post come in, or come again.

-- platformdb: personas="days of figures"
SELECT scheduled_post_id, organization_id, platform,
       max(metric_date) AS metric_date, max(collected_at) AS now, count(*) AS weight
FROM analytics
GROUP BY scheduled_post_id, organization_id, platform;

-- platformdb: target_ms=10 rollback=on
INSERT INTO analytics (scheduled_post_id, organization_id, platform, metric_date, impressions, reach, likes, collected_at)
VALUES ($1, $2, $3, $4, 1200, 900, 40, $5)
ON CONFLICT (scheduled_post_id, metric_date) DO UPDATE
SET impressions = excluded.impressions, reach = excluded.reach, likes = excluded.likes;
