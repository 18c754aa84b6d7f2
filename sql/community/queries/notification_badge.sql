-- Notification badge: how many notifications a user has not read.

-- platformdb: persona=busiest
SELECT user_id
FROM notifications
WHERE read_at IS NULL
GROUP BY user_id
ORDER BY count(*) DESC, user_id
LIMIT 1;

-- platformdb: persona=median
SELECT user_id
FROM (
    SELECT user_id, row_number() OVER (ORDER BY count(*), user_id) AS place, count(*) OVER () AS places
    FROM notifications
    WHERE read_at IS NULL
    GROUP BY user_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT user_id
FROM notifications
WHERE read_at IS NULL
GROUP BY user_id
ORDER BY count(*), user_id
LIMIT 1;

-- platformdb: target_ms=10
SELECT count(*) FROM notifications
WHERE user_id = $1 AND read_at IS NULL;
