-- Activity feed: the 30 newest things that happened in a community, or the page behind a cursor.

-- platformdb: persona=busiest
SELECT community_id, page_cursor('infinity') AS cursor
FROM activity
GROUP BY community_id
ORDER BY count(*) DESC, community_id
LIMIT 1;

-- platformdb: persona=median
SELECT community_id, page_cursor('infinity') AS cursor
FROM (
    SELECT community_id, row_number() OVER (ORDER BY count(*), community_id) AS place, count(*) OVER () AS places
    FROM activity
    GROUP BY community_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT community_id, page_cursor('infinity') AS cursor
FROM activity
GROUP BY community_id
ORDER BY count(*), community_id
LIMIT 1;

-- platformdb: target_ms=50
SELECT
    activity.id, activity.type, activity.metadata, activity.created_at, users.name,
    page_cursor(activity.created_at, activity.id) AS cursor
FROM activity
JOIN users ON users.id = activity.user_id
WHERE activity.community_id = $1
  AND (activity.created_at, activity.id) < (cursor_at($2), cursor_id($2))
ORDER BY activity.created_at DESC, activity.id DESC
LIMIT 30;
