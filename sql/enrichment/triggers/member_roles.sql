CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON member_roles
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('member_roles', 'member_id');
