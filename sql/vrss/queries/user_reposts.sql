-- Profile: what a user has passed on to his followers, newest first.

-- platformdb: personas="reposts"
SELECT user_id, count(*) AS weight FROM reposts GROUP BY user_id;

-- platformdb: target_ms=50
SELECT post_id, comment, created_at
FROM reposts
WHERE user_id = $1
ORDER BY created_at DESC
LIMIT 20;
