-- What somebody has set. A message changes where the channel ends, not the channel.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON channels
    FOR EACH ROW
    WHEN (
        OLD.* IS DISTINCT FROM NEW.*
        AND (OLD.last_message_id, OLD.last_message_at) IS NOT DISTINCT FROM (NEW.last_message_id, NEW.last_message_at)
    )
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER write_audit_log
    AFTER INSERT OR UPDATE OR DELETE ON channels
    FOR EACH ROW
    EXECUTE FUNCTION write_audit_log('channels', 'id', 'parent_type', 'last_message_id', 'last_message_at', 'last_pin_timestamp', 'updated_at');
