-- Profile: what a user has said, newest first.

-- platformdb: personas="comments written"
SELECT user_id, count(*) AS weight FROM comments WHERE user_id IS NOT NULL GROUP BY user_id;

-- platformdb: target_ms=50
SELECT id, post_id, content, created_at
FROM comments
WHERE user_id = $1 AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 20;
