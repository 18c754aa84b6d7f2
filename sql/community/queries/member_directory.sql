-- Member directory: the 50 newest members of a community, or the page behind a cursor.

-- platformdb: persona=busiest
SELECT community_id, page_cursor('infinity') AS cursor
FROM members
GROUP BY community_id
ORDER BY count(*) DESC, community_id
LIMIT 1;

-- platformdb: persona=median
SELECT community_id, page_cursor('infinity') AS cursor
FROM (
    SELECT community_id, row_number() OVER (ORDER BY count(*), community_id) AS place, count(*) OVER () AS places
    FROM members
    GROUP BY community_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT community_id, page_cursor('infinity') AS cursor
FROM members
GROUP BY community_id
ORDER BY count(*), community_id
LIMIT 1;

-- platformdb: persona=deep
-- A late page of the largest.
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
