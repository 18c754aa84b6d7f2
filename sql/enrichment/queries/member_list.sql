-- Member list: 100 members of a server in the order in which they joined, behind a place.

-- platformdb: persona=heaviest
SELECT id, page_cursor('-infinity') FROM servers ORDER BY member_count DESC, id LIMIT 1;

-- platformdb: persona=heaviest_last_page
SELECT server_id, page_cursor(percentile_disc(0.98) WITHIN GROUP (ORDER BY joined_at))
FROM server_members
GROUP BY server_id
ORDER BY count(*) DESC, server_id
LIMIT 1;

-- platformdb: persona=median
SELECT id, page_cursor('-infinity')
FROM (
    SELECT id, row_number() OVER (ORDER BY member_count, id) AS place, count(*) OVER () AS places FROM servers
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT id, page_cursor('-infinity') FROM servers ORDER BY member_count, id LIMIT 1;

-- platformdb: target_ms=50
SELECT m.id, m.user_id, coalesce(m.nickname, u.display_name, u.username) AS name, u.status, page_cursor(m.joined_at, m.id) AS place
FROM server_members AS m
JOIN users AS u ON u.id = m.user_id
WHERE m.server_id = $1
  AND (m.joined_at, m.id) > (cursor_at($2), cursor_id($2))
ORDER BY m.joined_at, m.id
LIMIT 100;
