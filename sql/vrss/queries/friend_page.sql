-- Friend page: the newest friends of a user, whichever of the two has the smaller id.

-- platformdb: personas="friends"
SELECT user_id, count(*) AS weight
FROM (
    SELECT user_id_1 AS user_id FROM friendships
    UNION ALL
    SELECT user_id_2 FROM friendships
) AS sides
GROUP BY user_id;

-- platformdb: target_ms=50
SELECT friend_id, (SELECT username FROM users WHERE users.id = friend_id) AS username, created_at
FROM (
    (
        SELECT user_id_2 AS friend_id, created_at
        FROM friendships
        WHERE user_id_1 = $1
        ORDER BY created_at DESC
        LIMIT 20
    )
    UNION ALL
    (
        SELECT user_id_1, created_at
        FROM friendships
        WHERE user_id_2 = $1
        ORDER BY created_at DESC
        LIMIT 20
    )
) AS halves
ORDER BY created_at DESC
LIMIT 20;
