-- Notification badge: how many notifications a user has not read.

-- platformdb: personas="unread notifications"
SELECT users.id, coalesce(unread.number, 0) AS weight, users.created_at AS since
FROM users
LEFT JOIN (
    SELECT user_id, count(*) AS number FROM notifications WHERE is_read = FALSE GROUP BY user_id
) AS unread ON unread.user_id = users.id;

-- platformdb: target_ms=10
SELECT COUNT(*) FROM notifications
WHERE user_id = $1 AND is_read = FALSE;
