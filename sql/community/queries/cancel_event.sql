-- Erasure: an event goes, with its guests and all that speaks of it.

-- platformdb: personas="guests"
SELECT events.id, events.attendees_count + events.waiting_count AS weight, events.created_at AS since
FROM events;

-- platformdb: target_ms=100 rollback=on
DELETE FROM events WHERE id = $1;
