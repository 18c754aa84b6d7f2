-- Write: a user has read what is new.

-- platformdb: personas="notifications unread"
SELECT users.id, (SELECT max(created_at) FROM notifications) AS now,
    count(notifications.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN notifications ON notifications.user_id = users.id AND notifications.read_at IS NULL
GROUP BY users.id;

-- platformdb: target_ms=50 rollback=on
UPDATE notifications SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL;
