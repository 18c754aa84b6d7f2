-- No claims from this queue until resume_queue. Jobs in flight go on, and jobs can be enqueued.
CREATE OR REPLACE FUNCTION pause_queue(queue text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM refuse_unknown_queue(queue);
    UPDATE job_queues SET paused_at = now() WHERE name = queue AND paused_at IS NULL;
END
$$;

CREATE OR REPLACE FUNCTION resume_queue(queue text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM refuse_unknown_queue(queue);
    UPDATE job_queues SET paused_at = NULL WHERE name = queue;
    PERFORM pg_notify('jobs', name) FROM job_queues WHERE name = queue AND wake;
END
$$;
