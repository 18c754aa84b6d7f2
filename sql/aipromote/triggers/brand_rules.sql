CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON brand_rules
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER record_audit_on_insert
    AFTER INSERT ON brand_rules
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_update
    AFTER UPDATE ON brand_rules
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_delete
    AFTER DELETE ON brand_rules
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();
