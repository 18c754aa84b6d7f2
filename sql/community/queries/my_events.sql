-- My events: where a user goes, or waits to go.

-- platformdb: personas="events answered"
SELECT users.id, count(event_rsvps.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN event_rsvps ON event_rsvps.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50
SELECT events.id, events.title, events.starts_at, event_rsvps.status
FROM event_rsvps
JOIN events ON events.id = event_rsvps.event_id
WHERE event_rsvps.user_id = $1 AND event_rsvps.status <> 'cancelled'
ORDER BY events.starts_at DESC
LIMIT 50;
