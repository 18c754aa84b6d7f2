-- Who leaves a community takes his RSVPs along by cascade. The events come first, as everywhere: without this, one who
-- leaves (his RSVP, then the event) and one who promotes him (the event, then the RSVP) would wait for each other.
CREATE OR REPLACE FUNCTION lock_events_on_leave() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1
    FROM events
    WHERE id IN (SELECT event_id FROM event_rsvps WHERE community_id = OLD.community_id AND user_id = OLD.user_id)
    ORDER BY id
    FOR NO KEY UPDATE;
    RETURN OLD;
END
$$;
