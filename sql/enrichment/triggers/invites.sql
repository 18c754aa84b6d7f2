CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON invites
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('invites', 'id', 'uses');
