CREATE OR REPLACE TRIGGER record_audit_on_insert
    AFTER INSERT ON encryption_keys
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_update
    AFTER UPDATE ON encryption_keys
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_delete
    AFTER DELETE ON encryption_keys
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();
