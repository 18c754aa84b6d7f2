CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON ai_strategies
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER record_audit_on_insert
    AFTER INSERT ON ai_strategies
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_update
    AFTER UPDATE ON ai_strategies
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_delete
    AFTER DELETE ON ai_strategies
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();
