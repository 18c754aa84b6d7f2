CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON channel_permissions
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('channel_permissions', 'id', 'target_id', 'target_type');
