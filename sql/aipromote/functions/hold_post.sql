-- The post that a job of the queue publishing is about, locked, if the job is still the one of this claim. Raises
-- jobs_claim_held if it is not. NULL where the post is gone or has another job now: then there is nothing to do.
CREATE OR REPLACE FUNCTION hold_post(claim bigint, job bigint) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    post uuid;
BEGIN
    -- First the post, then the job: everybody who wants both takes them in this order.
    SELECT id INTO post FROM scheduled_posts WHERE job_id = job FOR NO KEY UPDATE;
    PERFORM 1 FROM jobs WHERE jobs.id = job AND jobs.claim = hold_post.claim FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'claim % has lost job %', claim, job
            USING ERRCODE = 'object_not_in_prerequisite_state', TABLE = 'jobs', CONSTRAINT = 'jobs_claim_held',
                  HINT = 'Roll back and go on with the next job: somebody else has this one.';
    END IF;
    RETURN post;
END
$$;
