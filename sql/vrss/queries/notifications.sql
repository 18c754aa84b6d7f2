-- Notification page: what happened to a user, read or not, newest first.

-- platformdb: personas="notifications"
SELECT user_id, count(*) AS weight FROM notifications GROUP BY user_id;

-- platformdb: target_ms=50
SELECT * FROM notifications
WHERE user_id = $1
ORDER BY created_at DESC
LIMIT 20;
