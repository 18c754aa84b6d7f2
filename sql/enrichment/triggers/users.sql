CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON users
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

-- Not presence: it changes all day. Nor the hash of the password, which is for nobody to read.
CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON users
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('users', 'id', 'status', 'custom_status', 'password_hash', 'updated_at');
