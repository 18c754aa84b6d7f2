-- Notifications: a user's 30 newest, read and unread.

-- platformdb: personas="notifications"
SELECT users.id, count(notifications.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN notifications ON notifications.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50
SELECT notifications.id, notifications.type, notifications.data, notifications.read_at, notifications.created_at, actor.name
FROM notifications
LEFT JOIN users AS actor ON actor.id = notifications.actor_id
WHERE notifications.user_id = $1
ORDER BY notifications.created_at DESC, notifications.id DESC
LIMIT 30;
