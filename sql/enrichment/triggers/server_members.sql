CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON server_members
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER update_server_counts_on_insert
    AFTER INSERT ON server_members
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_server_counts();

CREATE OR REPLACE TRIGGER update_server_counts_on_update
    AFTER UPDATE ON server_members
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_server_counts();

CREATE OR REPLACE TRIGGER update_server_counts_on_delete
    AFTER DELETE ON server_members
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_server_counts();

CREATE OR REPLACE TRIGGER update_server_counts_on_truncate
    AFTER TRUNCATE ON server_members
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_server_counts();

CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON server_members
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('server_members', 'id', 'updated_at');
