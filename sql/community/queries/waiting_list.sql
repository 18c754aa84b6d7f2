-- Event waiting list: who waits for a seat, in order.

-- platformdb: persona=busiest
SELECT event_id
FROM event_rsvps
WHERE status = 'waiting'
GROUP BY event_id
ORDER BY count(*) DESC, event_id
LIMIT 1;

-- platformdb: persona=median
SELECT event_id
FROM (
    SELECT event_id, row_number() OVER (ORDER BY count(*), event_id) AS place, count(*) OVER () AS places
    FROM event_rsvps
    WHERE status = 'waiting'
    GROUP BY event_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT event_id
FROM event_rsvps
WHERE status = 'waiting'
GROUP BY event_id
ORDER BY count(*), event_id
LIMIT 1;

-- platformdb: target_ms=10
SELECT users.id, users.name, row_number() OVER (ORDER BY waiting_since, event_rsvps.id) AS place
FROM event_rsvps
JOIN users ON users.id = event_rsvps.user_id
WHERE event_rsvps.event_id = $1 AND event_rsvps.status = 'waiting'
ORDER BY waiting_since, event_rsvps.id
LIMIT 100;
