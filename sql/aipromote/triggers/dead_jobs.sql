CREATE OR REPLACE TRIGGER follow_dead_jobs_on_insert
    AFTER INSERT ON dead_jobs
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION follow_dead_jobs();

CREATE OR REPLACE TRIGGER follow_dead_jobs_on_delete
    AFTER DELETE ON dead_jobs
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION follow_dead_jobs();
