-- Friends: a user stands on either side of a friendship, so both halves are asked.

-- platformdb: persona=busiest
SELECT user_id
FROM (
    SELECT user_id_1 AS user_id FROM friendships
    UNION ALL
    SELECT user_id_2 FROM friendships
) AS friends
GROUP BY user_id
ORDER BY count(*) DESC, user_id
LIMIT 1;

-- platformdb: persona=median
SELECT user_id
FROM (
    SELECT user_id, row_number() OVER (ORDER BY count(*), user_id) AS place, count(*) OVER () AS places
    FROM (
        SELECT user_id_1 AS user_id FROM friendships
        UNION ALL
        SELECT user_id_2 FROM friendships
    ) AS friends
    GROUP BY user_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT user_id
FROM (
    SELECT user_id_1 AS user_id FROM friendships
    UNION ALL
    SELECT user_id_2 FROM friendships
) AS friends
GROUP BY user_id
ORDER BY count(*), user_id
LIMIT 1;

-- platformdb: target_ms=10
SELECT user_id_2 AS friend_id FROM friendships WHERE user_id_1 = $1
UNION
SELECT user_id_1 AS friend_id FROM friendships WHERE user_id_2 = $1;
