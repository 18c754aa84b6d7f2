-- Upcoming events: what comes next in a community, with the seats that are left.

-- platformdb: persona=busiest
SELECT community_id, (SELECT max(created_at) FROM events) AS now
FROM events
WHERE starts_at > (SELECT max(created_at) FROM events)
GROUP BY community_id
ORDER BY count(*) DESC, community_id
LIMIT 1;

-- platformdb: persona=median
SELECT community_id, (SELECT max(created_at) FROM events) AS now
FROM (
    SELECT community_id, row_number() OVER (ORDER BY count(*), community_id) AS place, count(*) OVER () AS places
    FROM events
    WHERE starts_at > (SELECT max(created_at) FROM events)
    GROUP BY community_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT community_id, (SELECT max(created_at) FROM events) AS now
FROM events
WHERE starts_at > (SELECT max(created_at) FROM events)
GROUP BY community_id
ORDER BY count(*), community_id
LIMIT 1;

-- platformdb: target_ms=10
SELECT
    id, title, starts_at, ends_at, location, meeting_url, attendees_count, waiting_count,
    greatest(capacity - attendees_count, 0) AS seats_left
FROM events
WHERE community_id = $1 AND starts_at > $2 AND status = 'scheduled'
ORDER BY starts_at
LIMIT 20;
