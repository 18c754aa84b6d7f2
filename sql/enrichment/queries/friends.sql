-- Friends: those a user asked and those who asked him, newest first.

-- platformdb: personas="friends"
SELECT users.id, count(asked.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN (SELECT user_id FROM friendships UNION ALL SELECT friend_id FROM friendships) AS asked ON asked.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50 large=2000
SELECT u.id, u.username, u.display_name, u.status, f.created_at
FROM (
    (
        SELECT friend_id AS id, created_at FROM friendships
        WHERE user_id = $1 AND status = 'accepted' ORDER BY created_at DESC LIMIT 100
    )
    UNION ALL
    (
        SELECT user_id, created_at FROM friendships
        WHERE friend_id = $1 AND status = 'accepted' ORDER BY created_at DESC LIMIT 100
    )
) AS f
JOIN users AS u ON u.id = f.id AND u.deleted_at IS NULL
ORDER BY f.created_at DESC
LIMIT 100;
