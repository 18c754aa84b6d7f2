-- Reading notifications: all that was unread becomes read.

-- platformdb: personas="unread notifications"
SELECT user_id, max(created_at), count(*) AS weight
FROM notifications
WHERE is_read = FALSE
GROUP BY user_id;

-- platformdb: target_ms=250 rollback=on
UPDATE notifications
SET is_read = TRUE, read_at = $2
WHERE user_id = $1 AND is_read = FALSE;
