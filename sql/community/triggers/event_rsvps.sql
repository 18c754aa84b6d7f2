CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON event_rsvps
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER keep_event_seats_on_insert
    AFTER INSERT ON event_rsvps
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION keep_event_seats();

CREATE OR REPLACE TRIGGER keep_event_seats_on_update
    AFTER UPDATE ON event_rsvps
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION keep_event_seats();

CREATE OR REPLACE TRIGGER keep_event_seats_on_delete
    AFTER DELETE ON event_rsvps
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION keep_event_seats();

CREATE OR REPLACE TRIGGER keep_event_seats_on_truncate
    AFTER TRUNCATE ON event_rsvps
    FOR EACH STATEMENT
    EXECUTE FUNCTION keep_event_seats();
