CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON subscriptions
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER sync_user_plan_on_insert
    AFTER INSERT ON subscriptions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_user_plan();

CREATE OR REPLACE TRIGGER sync_user_plan_on_update
    AFTER UPDATE ON subscriptions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_user_plan();

CREATE OR REPLACE TRIGGER sync_user_plan_on_delete
    AFTER DELETE ON subscriptions
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_user_plan();

CREATE OR REPLACE TRIGGER sync_user_plan_on_truncate
    AFTER TRUNCATE ON subscriptions
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_user_plan();

CREATE OR REPLACE TRIGGER record_audit_on_insert
    AFTER INSERT ON subscriptions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_update
    AFTER UPDATE ON subscriptions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_delete
    AFTER DELETE ON subscriptions
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();
