CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON email_jobs
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER queue_emails_on_insert
    AFTER INSERT ON email_jobs
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION queue_emails();

CREATE OR REPLACE TRIGGER queue_emails_on_update
    AFTER UPDATE ON email_jobs
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION queue_emails();
