-- Upcoming events: what comes next in a community, with the seats that are left.

-- platformdb: personas="events to come"
SELECT communities.id, latest.at AS now, count(events.id) AS weight, communities.created_at AS since
FROM (SELECT max(created_at) AS at FROM events) AS latest
CROSS JOIN communities
LEFT JOIN events ON events.community_id = communities.id AND events.starts_at > latest.at AND events.status = 'scheduled'
GROUP BY communities.id, latest.at;

-- platformdb: target_ms=10
SELECT
    id, title, starts_at, ends_at, location, meeting_url, attendees_count, waiting_count,
    greatest(capacity - attendees_count, 0) AS seats_left
FROM events
WHERE community_id = $1 AND starts_at > $2 AND status = 'scheduled'
ORDER BY starts_at
LIMIT 20;
