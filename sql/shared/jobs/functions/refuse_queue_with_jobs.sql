-- What a foreign key would do, without its cost for each job: a queue that has jobs is not deleted, nor its id changed.
CREATE OR REPLACE FUNCTION refuse_queue_with_jobs() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    -- Who enqueues looks the queue up and inserts in one statement, which waits here and then finds no queue.
    LOCK TABLE jobs IN SHARE MODE;
    IF EXISTS (SELECT FROM jobs WHERE queue_id = OLD.id) THEN
        RAISE EXCEPTION 'queue % still has jobs', quote_literal(OLD.name)
            USING ERRCODE = 'foreign_key_violation', TABLE = 'jobs', CONSTRAINT = 'jobs_queue_id_fkey',
                  HINT = 'Let workers finish them, or cancel them with cancel_jobs.';
    END IF;
    DELETE FROM job_keys WHERE queue_id = OLD.id;
    RETURN OLD;
END
$$;

CREATE OR REPLACE TRIGGER refuse_queue_with_jobs
    BEFORE DELETE ON job_queues
    FOR EACH ROW
    EXECUTE FUNCTION refuse_queue_with_jobs();
