-- What the host announced. An RSVP changes a count, not the event.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE OF host_id, title, description, location, meeting_url, starts_at, ends_at, status, capacity ON events
    FOR EACH ROW
    WHEN (
        (OLD.host_id, OLD.title, OLD.description, OLD.location, OLD.meeting_url, OLD.starts_at,
         OLD.ends_at, OLD.status, OLD.capacity)
        IS DISTINCT FROM
        (NEW.host_id, NEW.title, NEW.description, NEW.location, NEW.meeting_url, NEW.starts_at,
         NEW.ends_at, NEW.status, NEW.capacity)
    )
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER seat_waiting_on_capacity
    AFTER UPDATE OF capacity, status, ends_at ON events
    FOR EACH ROW
    WHEN (NEW.waiting_count > 0)
    EXECUTE FUNCTION seat_waiting_on_capacity();
