-- Member list: 100 members of a server in the order in which they joined, behind a place.

-- platformdb: personas="members of the server"
SELECT id, page_cursor('-infinity') AS place, member_count AS weight, created_at AS since FROM servers;

-- platformdb: persona=last_page
-- Of the largest server.
SELECT server_id, page_cursor(percentile_disc(0.98) WITHIN GROUP (ORDER BY joined_at)) AS place
FROM server_members
GROUP BY server_id
ORDER BY count(*) DESC, server_id
LIMIT 1;

-- platformdb: target_ms=50 large=2000
SELECT m.id, m.user_id, coalesce(m.nickname, u.display_name, u.username) AS name, u.status, page_cursor(m.joined_at, m.id) AS place
FROM server_members AS m
JOIN users AS u ON u.id = m.user_id
WHERE m.server_id = $1
  AND (m.joined_at, m.id) > (cursor_at($2), cursor_id($2))
ORDER BY m.joined_at, m.id
LIMIT 100;
