-- Gives an event's free seats to those who wait longest, and tells them. The caller holds the event's row, so its
-- counts are what they are; the trigger on event_rsvps counts what changes here.
CREATE OR REPLACE FUNCTION seat_waiting(of_event uuid) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    free integer;
BEGIN
    -- NULL: no limit, which is what LIMIT NULL says, too.
    SELECT capacity - attendees_count INTO free
    FROM events
    WHERE id = of_event AND waiting_count > 0 AND status = 'scheduled' AND ends_at > now();
    IF NOT FOUND OR free <= 0 THEN
        RETURN;
    END IF;

    WITH next AS (
        SELECT id FROM event_rsvps
        WHERE event_id = of_event AND status = 'waiting'
        ORDER BY waiting_since, id
        LIMIT free
        FOR NO KEY UPDATE
    ), seated AS (
        UPDATE event_rsvps SET status = 'going', waiting_since = NULL
        FROM next WHERE event_rsvps.id = next.id
        RETURNING event_rsvps.user_id
    )
    INSERT INTO notifications (user_id, type, event_id)
    SELECT user_id, 'event_seat', of_event FROM seated;
END
$$;
