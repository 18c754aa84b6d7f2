-- What the owner has set. Who joins or pays changes a count, not the server.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON servers
    FOR EACH ROW
    WHEN (
        OLD.* IS DISTINCT FROM NEW.*
        AND (OLD.member_count, OLD.premium_subscription_count) = (NEW.member_count, NEW.premium_subscription_count)
    )
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER create_server_parts
    AFTER INSERT ON servers
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION create_server_parts();

CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON servers
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('servers', 'id', 'member_count', 'premium_subscription_count', 'updated_at');
