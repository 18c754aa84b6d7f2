-- Keeps events.attendees_count and waiting_count, and with them the seats: whoever asks for one (status going) when none
-- is free is put on the waiting list, and a free seat goes to who waits longest. Whatever the statement: an INSERT by
-- hand, an UPDATE, a DELETE, a member who leaves.
--
-- The events are locked in the order of their ids first. Who comes later waits there, and then judges by the counts of
-- the rows it has locked: no seat is given twice and none is forgotten. A transaction with an old snapshot (REPEATABLE
-- READ) fails at the lock when an RSVP was faster, with SQLSTATE 40001.
CREATE OR REPLACE FUNCTION keep_event_seats() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    event_ids  uuid[];
    going      bigint[];
    waiting    bigint[];
    newcomers  uuid[];
    closed     uuid;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE event_rsvps', '{repeatable read,serializable}', 'READ COMMITTED');
        PERFORM 1 FROM events WHERE attendees_count + waiting_count <> 0 ORDER BY id FOR NO KEY UPDATE;
        UPDATE events SET attendees_count = 0, waiting_count = 0 WHERE attendees_count + waiting_count <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(change.event_id), array_agg(change.going), array_agg(change.waiting)
        INTO event_ids, going, waiting
        FROM (
            SELECT
                event_id,
                count(*) FILTER (WHERE status = 'going') AS going,
                count(*) FILTER (WHERE status = 'waiting') AS waiting
            FROM new_rows GROUP BY event_id
        ) AS change;
        SELECT array_agg(id) INTO newcomers FROM new_rows WHERE status = 'going';
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(change.event_id), array_agg(change.going), array_agg(change.waiting)
        INTO event_ids, going, waiting
        FROM (
            SELECT
                event_id,
                -count(*) FILTER (WHERE status = 'going') AS going,
                -count(*) FILTER (WHERE status = 'waiting') AS waiting
            FROM old_rows GROUP BY event_id
        ) AS change;
    ELSE
        SELECT array_agg(change.event_id), array_agg(change.going), array_agg(change.waiting)
        INTO event_ids, going, waiting
        FROM (
            SELECT
                event_id,
                coalesce(sum(delta) FILTER (WHERE status = 'going'), 0) AS going,
                coalesce(sum(delta) FILTER (WHERE status = 'waiting'), 0) AS waiting
            FROM (
                SELECT event_id, status, 1 AS delta FROM new_rows
                UNION ALL
                SELECT event_id, status, -1 FROM old_rows
            ) AS row_changes
            GROUP BY event_id
        ) AS change;
        SELECT array_agg(new_rows.id) INTO newcomers
        FROM new_rows LEFT JOIN old_rows USING (id)
        WHERE new_rows.status = 'going'
          AND (old_rows.event_id, old_rows.status) IS DISTINCT FROM (new_rows.event_id, 'going');
    END IF;
    IF event_ids IS NULL THEN
        RETURN NULL;
    END IF;

    PERFORM 1 FROM events WHERE id = ANY (event_ids) ORDER BY id FOR NO KEY UPDATE;
    UPDATE events
    SET attendees_count = attendees_count + change.going, waiting_count = waiting_count + change.waiting
    FROM unnest(event_ids, going, waiting) AS change (event_id, going, waiting)
    WHERE events.id = change.event_id AND (change.going <> 0 OR change.waiting <> 0);

    IF newcomers IS NOT NULL THEN
        SELECT events.id INTO closed
        FROM event_rsvps JOIN events ON events.id = event_rsvps.event_id
        WHERE event_rsvps.id = ANY (newcomers) AND (events.status <> 'scheduled' OR events.ends_at <= now())
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'event % is over or cancelled: nobody can be added to it', closed
                USING ERRCODE = 'check_violation',
                      TABLE = 'event_rsvps',
                      COLUMN = 'status',
                      CONSTRAINT = 'event_rsvps_event_is_open';
        END IF;

        -- Of those who came with this statement the last ones wait. Nobody who had a seat before loses it, also where
        -- the capacity was lowered below the number of attendees.
        UPDATE event_rsvps SET status = 'waiting', waiting_since = clock_timestamp()
        WHERE id IN (
            SELECT late.id
            FROM (
                SELECT
                    event_rsvps.id,
                    row_number() OVER (PARTITION BY event_id ORDER BY event_rsvps.id DESC) AS place,
                    attendees_count - capacity AS too_many
                FROM event_rsvps JOIN events ON events.id = event_id
                WHERE event_rsvps.id = ANY (newcomers)
            ) AS late
            WHERE place <= too_many
        );
    END IF;

    PERFORM seat_waiting(id) FROM events WHERE id = ANY (event_ids) AND waiting_count > 0 ORDER BY id;
    RETURN NULL;
END
$$;
