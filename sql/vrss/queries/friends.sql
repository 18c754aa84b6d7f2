-- Friends: a user stands on either side of a friendship, so both halves are asked.

-- platformdb: personas="friends"
SELECT users.id, coalesce(friends.number, 0) AS weight, users.created_at AS since
FROM users
LEFT JOIN (
    SELECT user_id, count(*) AS number
    FROM (
        SELECT user_id_1 AS user_id FROM friendships
        UNION ALL
        SELECT user_id_2 FROM friendships
    ) AS sides
    GROUP BY user_id
) AS friends ON friends.user_id = users.id;

-- platformdb: target_ms=10
SELECT user_id_2 AS friend_id FROM friendships WHERE user_id_1 = $1
UNION
SELECT user_id_1 AS friend_id FROM friendships WHERE user_id_2 = $1;
