CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON server_settings
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON server_settings
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('server_settings', 'server_id', 'updated_at');
