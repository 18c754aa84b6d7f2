-- Author page: his published posts, newest first.

-- platformdb: personas="posts published"
SELECT user_id, count(*) AS weight
FROM posts
WHERE status = 'published' AND deleted_at IS NULL
GROUP BY user_id;

-- platformdb: target_ms=50
SELECT * FROM posts
WHERE user_id = $1 AND status = 'published' AND deleted_at IS NULL
ORDER BY created_at DESC, id DESC
LIMIT 20;
