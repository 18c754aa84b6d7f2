-- Event waiting list: who waits for a seat, in order.

-- platformdb: personas="waiting guests"
SELECT events.id, count(event_rsvps.id) AS weight, events.created_at AS since
FROM events
LEFT JOIN event_rsvps ON event_rsvps.event_id = events.id AND event_rsvps.status = 'waiting'
GROUP BY events.id;

-- platformdb: target_ms=10 large=2000
SELECT users.id, users.name, row_number() OVER (ORDER BY waiting_since, event_rsvps.id) AS place
FROM event_rsvps
JOIN users ON users.id = event_rsvps.user_id
WHERE event_rsvps.event_id = $1 AND event_rsvps.status = 'waiting'
ORDER BY waiting_since, event_rsvps.id
LIMIT 100;
