CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON subscriptions
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();
