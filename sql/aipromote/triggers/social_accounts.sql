CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON social_accounts
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER record_nonces_on_insert
    AFTER INSERT ON social_accounts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_nonces();

CREATE OR REPLACE TRIGGER record_nonces_on_update
    AFTER UPDATE ON social_accounts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_nonces();

CREATE OR REPLACE TRIGGER record_audit_on_insert
    AFTER INSERT ON social_accounts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_update
    AFTER UPDATE ON social_accounts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_delete
    AFTER DELETE ON social_accounts
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();
