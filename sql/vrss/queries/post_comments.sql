-- Post page: its comments, newest first.

-- platformdb: personas="comments on the post"
SELECT post_id, count(*) AS weight FROM comments GROUP BY post_id;

-- platformdb: target_ms=50
SELECT * FROM comments
WHERE post_id = $1 AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 20;
