-- Notification page: what a user was told, read or not, newest first.

-- platformdb: personas="notifications"
SELECT user_id, count(*) AS weight FROM notifications GROUP BY user_id;

-- platformdb: target_ms=50
SELECT id, type, actor_id, subscription_id, comment_id, created_at, read_at
FROM notifications
WHERE user_id = $1
ORDER BY created_at DESC, id DESC
LIMIT 20;
