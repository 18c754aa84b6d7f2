CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON roles
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER sync_role_permissions_on_insert
    AFTER INSERT ON roles
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_role_permissions();

CREATE OR REPLACE TRIGGER sync_role_permissions_on_update
    AFTER UPDATE ON roles
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION sync_role_permissions();

CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON roles
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('roles', 'id', 'updated_at');
