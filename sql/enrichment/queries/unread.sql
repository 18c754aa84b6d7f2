-- Unread counts: how many messages a user has not read in each channel that he follows and may see, 100 at the most.

-- platformdb: personas="channels followed"
SELECT users.id, count(channel_reads.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN channel_reads ON channel_reads.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50 large=2000
SELECT c.id, c.server_id, unread.messages
FROM channel_reads AS r
JOIN channels AS c ON c.id = r.channel_id AND c.last_message_at >= r.last_read_at
JOIN channel_permissions_for($1) AS p ON p.channel_id = r.channel_id
CROSS JOIN LATERAL (
    SELECT count(*) AS messages
    FROM (
        SELECT
        FROM messages AS m
        WHERE m.channel_id = r.channel_id
          AND m.thread_id IS NULL
          AND m.deleted_at IS NULL
          AND m.created_at >= r.last_read_at
          AND (m.created_at, m.id) > (r.last_read_at, r.last_read_message_id)
        LIMIT 100
    ) AS capped
) AS unread
WHERE r.user_id = $1
  AND p.permissions & (1 << 10) <> 0
  AND unread.messages > 0;
