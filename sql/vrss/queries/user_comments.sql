-- Profile: what a user has commented, newest first.

-- platformdb: personas="comments written"
SELECT user_id, count(*) AS weight FROM comments GROUP BY user_id;

-- platformdb: target_ms=50
SELECT * FROM comments
WHERE user_id = $1 AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 20;
