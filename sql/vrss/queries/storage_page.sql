-- Storage page: what a user has uploaded, newest first.

-- platformdb: personas="files uploaded"
SELECT user_id, count(*) AS weight FROM post_media GROUP BY user_id;

-- platformdb: target_ms=50
SELECT id, post_id, type, url, size_bytes, created_at
FROM post_media
WHERE user_id = $1
ORDER BY created_at DESC
LIMIT 20;
