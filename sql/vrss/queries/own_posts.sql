-- Own page: all that a user has written, drafts too, newest first.

-- platformdb: personas="posts written"
SELECT user_id, count(*) AS weight FROM posts GROUP BY user_id;

-- platformdb: target_ms=50
SELECT * FROM posts
WHERE user_id = $1 AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 20;
