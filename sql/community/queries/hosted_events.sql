-- Profile: what a user hosts, in the order of time.

-- platformdb: personas="events hosted"
SELECT users.id, count(events.host_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN events ON events.host_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT id, community_id, title, starts_at, attendees_count
FROM events
WHERE host_id = $1
ORDER BY starts_at
LIMIT 50;
