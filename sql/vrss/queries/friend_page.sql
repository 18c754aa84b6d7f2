-- Friend page: the newest friends of a user, whichever of the two has the smaller id, a page of 20.

-- platformdb: personas="friends"
SELECT user_id, 'infinity'::timestamptz, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid, count(*) AS weight
FROM (
    SELECT user_id_1 AS user_id FROM friendships
    UNION ALL
    SELECT user_id_2 FROM friendships
) AS sides
GROUP BY user_id;

-- Behind half of the friends of the one who has most of them on the first side.
-- platformdb: persona=halfway
SELECT user_id_1, created_at, user_id_2
FROM (
    SELECT
        user_id_1, created_at, user_id_2,
        row_number() OVER (ORDER BY created_at, user_id_2) AS place, count(*) OVER () AS places
    FROM friendships
    WHERE user_id_1 = (SELECT user_id_1 FROM friendships GROUP BY user_id_1 ORDER BY count(*) DESC, user_id_1 LIMIT 1)
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: target_ms=50
SELECT friend_id, (SELECT username FROM users WHERE users.id = friend_id) AS username, created_at
FROM (
    (
        SELECT user_id_2 AS friend_id, created_at
        FROM friendships
        WHERE user_id_1 = $1 AND (created_at, user_id_2) < ($2, $3)
        ORDER BY created_at DESC, user_id_2 DESC
        LIMIT 20
    )
    UNION ALL
    (
        SELECT user_id_1, created_at
        FROM friendships
        WHERE user_id_2 = $1 AND (created_at, user_id_1) < ($2, $3)
        ORDER BY created_at DESC, user_id_1 DESC
        LIMIT 20
    )
) AS halves
ORDER BY created_at DESC, friend_id DESC
LIMIT 20;
