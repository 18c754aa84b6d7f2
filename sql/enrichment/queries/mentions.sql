-- Mentions of me: the 50 newest messages that mention a user or one of his roles.

-- platformdb: personas="mentions"
SELECT users.id, page_cursor('infinity') AS place, count(message_mentions.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN message_mentions ON message_mentions.user_id = users.id
GROUP BY users.id;

-- platformdb: persona=most_roles
SELECT user_id, page_cursor('infinity') AS place
FROM server_members AS m
JOIN member_roles AS r ON r.member_id = m.id
GROUP BY user_id
ORDER BY count(*) DESC, user_id
LIMIT 1;

-- Each part brings its own newest 50, by its own index; of these the newest 50 are read.
-- platformdb: target_ms=50 large=3000
SELECT m.channel_id, m.id, m.author_id, m.content, m.created_at, page_cursor(m.created_at, m.id) AS place
FROM (
    SELECT channel_id, message_created_at, message_id
    FROM (
        (
            SELECT channel_id, message_created_at, message_id
            FROM message_mentions
            WHERE user_id = $1 AND (message_created_at, message_id) < (cursor_at($2), cursor_id($2))
            ORDER BY message_created_at DESC, message_id DESC
            LIMIT 50
        )
        UNION
        SELECT of_role.*
        FROM server_members AS mine
        JOIN member_roles AS held ON held.member_id = mine.id
        CROSS JOIN LATERAL (
            SELECT channel_id, message_created_at, message_id
            FROM message_mentions
            WHERE role_id = held.role_id AND (message_created_at, message_id) < (cursor_at($2), cursor_id($2))
            ORDER BY message_created_at DESC, message_id DESC
            LIMIT 50
        ) AS of_role
        WHERE mine.user_id = $1
    ) AS found
    ORDER BY message_created_at DESC, message_id DESC
    LIMIT 50
) AS newest
CROSS JOIN LATERAL (
    SELECT *
    FROM messages
    WHERE channel_id = newest.channel_id AND created_at = newest.message_created_at AND id = newest.message_id
    LIMIT 1
) AS m
WHERE m.deleted_at IS NULL
ORDER BY m.created_at DESC, m.id DESC;
