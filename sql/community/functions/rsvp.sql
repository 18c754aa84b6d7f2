-- Asks for a seat, and says what came of it: going, or waiting with the place on the list. Asking again changes nothing.
--
-- It takes the member's row and then the event's, before any RSVP: statements that do it in another order by hand can
-- meet in a deadlock, of which PostgreSQL aborts one.
CREATE OR REPLACE FUNCTION rsvp(for_event uuid, for_user uuid, OUT status text, OUT place bigint)
LANGUAGE plpgsql
AS $$
DECLARE
    of_community uuid := (SELECT community_id FROM events WHERE id = for_event);
BEGIN
    IF of_community IS NULL THEN
        RAISE EXCEPTION 'there is no event %', for_event
            USING ERRCODE = 'foreign_key_violation',
                  TABLE = 'event_rsvps',
                  CONSTRAINT = 'event_rsvps_event_id_fkey';
    END IF;
    PERFORM 1 FROM members WHERE community_id = of_community AND user_id = for_user FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user % is no member of community %, whose event this is', for_user, of_community
            USING ERRCODE = 'foreign_key_violation',
                  TABLE = 'event_rsvps',
                  CONSTRAINT = 'event_rsvps_user_id_fkey',
                  HINT = 'Join the community first.';
    END IF;
    PERFORM 1 FROM events WHERE id = for_event FOR NO KEY UPDATE;

    INSERT INTO event_rsvps AS mine (event_id, community_id, user_id)
    VALUES (for_event, of_community, for_user)
    ON CONFLICT (event_id, user_id) DO UPDATE SET status = 'going' WHERE mine.status = 'cancelled';

    SELECT mine.status, CASE mine.status WHEN 'waiting' THEN (
        SELECT count(*) FROM event_rsvps AS ahead
        WHERE ahead.event_id = for_event AND ahead.status = 'waiting'
          AND (ahead.waiting_since, ahead.id) <= (mine.waiting_since, mine.id)
    ) END
    INTO status, place
    FROM event_rsvps AS mine
    WHERE mine.event_id = for_event AND mine.user_id = for_user;
END
$$;

-- Gives up a seat or a place on the list; true if there was one. The seat goes to who waits longest.
CREATE OR REPLACE FUNCTION cancel_rsvp(for_event uuid, for_user uuid) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM 1 FROM events WHERE id = for_event FOR NO KEY UPDATE;
    UPDATE event_rsvps SET status = 'cancelled', waiting_since = NULL
    WHERE event_id = for_event AND user_id = for_user AND status <> 'cancelled';
    RETURN FOUND;
END
$$;
