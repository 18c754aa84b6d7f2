-- However a job of publishing dies (failed once too often, its worker killed in the last attempt), its post fails with
-- it; and a dead letter that is given another chance takes its post along.
CREATE OR REPLACE FUNCTION follow_dead_jobs() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM 1 FROM scheduled_posts WHERE job_id IN (SELECT id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
        UPDATE scheduled_posts SET status = 'failed', last_error = redact(dead.error)
        FROM new_rows AS dead
        WHERE job_id = dead.id AND status IN ('queued', 'publishing');
    ELSE
        PERFORM 1 FROM scheduled_posts WHERE job_id IN (SELECT id FROM old_rows) ORDER BY id FOR NO KEY UPDATE;
        UPDATE scheduled_posts SET status = 'queued'
        FROM old_rows AS revived
        WHERE job_id = revived.id AND status = 'failed' AND EXISTS (SELECT FROM jobs WHERE jobs.id = revived.id);
    END IF;
    RETURN NULL;
END
$$;
