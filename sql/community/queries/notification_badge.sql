-- Notification badge: how many notifications a user has not read.

-- platformdb: personas="notifications unread"
SELECT users.id, count(notifications.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN notifications ON notifications.user_id = users.id AND notifications.read_at IS NULL
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT count(*) FROM notifications
WHERE user_id = $1 AND read_at IS NULL;
