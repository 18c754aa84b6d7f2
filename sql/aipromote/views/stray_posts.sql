-- Posts that say they are in the queue and are not: always none, unless somebody cancels or completes jobs of the queue
-- publishing by hand. What to do is for a person to say: look on the platform, then publish or cancel.
CREATE OR REPLACE VIEW stray_posts AS
SELECT id, organization_id, status, job_id, updated_at
FROM scheduled_posts
WHERE status IN ('queued', 'publishing') AND NOT EXISTS (SELECT FROM jobs WHERE jobs.id = scheduled_posts.job_id);

COMMENT ON VIEW stray_posts IS 'Posts in the queue whose job is gone; never any unless jobs are changed by hand.';
