-- The platform has not taken the post: when it is tried again, or NULL when it was the last time (or retry is false:
-- the platform will never take it). The wait grows with each attempt by the rules of the queue.
CREATE OR REPLACE FUNCTION fail_publishing(
    claim bigint, job bigint, error text, retry boolean DEFAULT TRUE, retry_in interval DEFAULT NULL
) RETURNS timestamptz
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    post  uuid := hold_post(claim, job);
    again timestamptz;
BEGIN
    SELECT retry_at INTO again FROM fail_jobs(claim, ARRAY[job], ARRAY[redact(error)], retry, retry_in);
    IF again IS NOT NULL THEN
        UPDATE scheduled_posts SET status = 'queued', last_error = redact(error) WHERE id = post;
    END IF;
    -- Else the job is a dead letter now, and follow_dead_jobs has seen to the post.
    RETURN again;
END
$$;
