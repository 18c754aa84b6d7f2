-- Activity feed: the 30 newest things that happened in a community, or the page behind a cursor.

-- platformdb: personas="activity"
SELECT communities.id, page_cursor('infinity') AS cursor, count(activity.id) AS weight, communities.created_at AS since
FROM communities
LEFT JOIN activity ON activity.community_id = communities.id
GROUP BY communities.id;

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
