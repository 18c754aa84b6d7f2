CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON members
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER update_community_members_count_on_insert
    AFTER INSERT ON members
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_community_members_count();

CREATE OR REPLACE TRIGGER update_community_members_count_on_update
    AFTER UPDATE ON members
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_community_members_count();

CREATE OR REPLACE TRIGGER update_community_members_count_on_delete
    AFTER DELETE ON members
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_community_members_count();

CREATE OR REPLACE TRIGGER update_community_members_count_on_truncate
    AFTER TRUNCATE ON members
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_community_members_count();

CREATE OR REPLACE TRIGGER lock_events_on_leave
    BEFORE DELETE ON members
    FOR EACH ROW
    EXECUTE FUNCTION lock_events_on_leave();
