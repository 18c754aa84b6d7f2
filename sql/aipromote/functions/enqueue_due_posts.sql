-- Gives the posts that are due to the queue publishing; how many they were. Any number of schedulers may do this at the
-- same time, once a second, say: each post is locked by one of them, which changes its status with the enqueueing, in
-- one transaction. The key names the job before (0: none), so even a second job after the same one could not be.
CREATE OR REPLACE FUNCTION enqueue_due_posts(batch integer DEFAULT 500) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    due  uuid[];
    keys text[];
BEGIN
    SELECT array_agg(post.id), array_agg(format('post:%s:after:%s', post.id, coalesce(post.job_id, 0)))
    INTO due, keys
    FROM (
        SELECT id, job_id FROM scheduled_posts
        WHERE status = 'scheduled' AND scheduled_at <= now()
        ORDER BY scheduled_at, id
        LIMIT batch
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS post;
    IF due IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE scheduled_posts
    SET status = 'queued', job_id = queued.job_id
    FROM unnest(
        due,
        enqueue_jobs(
            'publishing', ARRAY(SELECT jsonb_build_object('scheduled_post_id', id) FROM unnest(due) AS id), keys
        )
    ) AS queued (id, job_id)
    WHERE scheduled_posts.id = queued.id;
    RETURN cardinality(due);
END
$$;
