-- Member directory: the 50 newest members of a community, or the page behind a cursor.

-- platformdb: personas="members"
SELECT communities.id, page_cursor('infinity') AS cursor, count(members.user_id) AS weight, communities.created_at AS since
FROM communities
LEFT JOIN members ON members.community_id = communities.id
GROUP BY communities.id;

-- platformdb: persona=last_page
-- Of the largest community.
SELECT community_id, page_cursor(joined_at, user_id) AS cursor
FROM members
WHERE community_id = (SELECT community_id FROM members GROUP BY community_id ORDER BY count(*) DESC, community_id LIMIT 1)
ORDER BY joined_at, user_id
OFFSET 3
LIMIT 1;

-- platformdb: target_ms=50
SELECT
    users.id, users.username, users.name, users.image, profiles.headline, members.role, members.joined_at,
    page_cursor(members.joined_at, members.user_id) AS cursor
FROM members
JOIN users ON users.id = members.user_id
LEFT JOIN profiles ON profiles.user_id = members.user_id
WHERE members.community_id = $1
  AND (members.joined_at, members.user_id) < (cursor_at($2), cursor_id($2))
ORDER BY members.joined_at DESC, members.user_id DESC
LIMIT 50;
