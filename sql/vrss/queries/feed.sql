-- Feed: the 20 newest published posts of everybody a user follows.

-- platformdb: persona=busiest
SELECT follower_id
FROM user_follows
GROUP BY follower_id
ORDER BY count(*) DESC, follower_id
LIMIT 1;

-- platformdb: persona=median
SELECT follower_id
FROM (
    SELECT follower_id, row_number() OVER (ORDER BY count(*), follower_id) AS place, count(*) OVER () AS places
    FROM user_follows
    GROUP BY follower_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT follower_id
FROM user_follows
GROUP BY follower_id
ORDER BY count(*), follower_id
LIMIT 1;

-- platformdb: target_ms=50
SELECT * FROM posts
WHERE user_id IN (SELECT following_id FROM user_follows WHERE follower_id = $1)
  AND status = 'published'
  AND deleted_at IS NULL
ORDER BY created_at DESC
LIMIT 20;
