-- Reading notifications: all that was unread becomes read.

-- platformdb: personas="unread notifications"
SELECT user_id, max(created_at), count(*) AS weight
FROM notifications
WHERE read_at IS NULL
GROUP BY user_id;

-- platformdb: target_ms=250 rollback=on
UPDATE notifications SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL;
