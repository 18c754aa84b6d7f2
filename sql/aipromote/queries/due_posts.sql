-- Due posts: what the scheduler gives to the queue publishing next.

-- platformdb: persona=heaviest
-- As if all that waits were due.
SELECT max(scheduled_at) AS now FROM scheduled_posts WHERE status = 'scheduled';

-- platformdb: persona=median
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY scheduled_at) AS now FROM scheduled_posts WHERE status = 'scheduled';

-- platformdb: persona=least
SELECT min(scheduled_at) AS now FROM scheduled_posts WHERE status = 'scheduled';

-- platformdb: target_ms=10
SELECT id, job_id
FROM scheduled_posts
WHERE status = 'scheduled'
  AND scheduled_at <= $1
ORDER BY scheduled_at, id
LIMIT 500;
