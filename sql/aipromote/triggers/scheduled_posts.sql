CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON scheduled_posts
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER guard_post_status
    BEFORE INSERT OR UPDATE ON scheduled_posts
    FOR EACH ROW
    EXECUTE FUNCTION guard_post_status();

CREATE OR REPLACE TRIGGER record_audit_on_insert
    AFTER INSERT ON scheduled_posts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_update
    AFTER UPDATE ON scheduled_posts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_delete
    AFTER DELETE ON scheduled_posts
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER charge_scheduled_posts
    AFTER INSERT ON scheduled_posts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION charge_scheduled_posts();
