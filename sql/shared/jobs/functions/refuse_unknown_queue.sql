-- Raises that there is no queue of this name.
CREATE OR REPLACE FUNCTION refuse_unknown_queue(queue text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM job_queues WHERE name = queue) THEN
        RAISE EXCEPTION 'there is no queue %', coalesce(quote_literal(queue), 'null')
            USING ERRCODE = 'foreign_key_violation', TABLE = 'jobs', CONSTRAINT = 'jobs_queue_id_fkey',
                  HINT = 'A queue is a row of job_queues: INSERT INTO job_queues (name) VALUES (…).';
    END IF;
END
$$;
