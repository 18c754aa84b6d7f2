-- Feed: the 20 newest published posts of everybody a user follows, and the pages behind them.
--
-- A post of the page is by one of the 20 authors whose newest post is newest: any other author has 20 newer posts
-- before him. So one look per author, the newest post, says whose posts to read. All of it happens in
-- idx_posts_feed; only the 20 posts of the page are fetched. feed_as_documented gives the same rows.
--
-- $2 and $3 are created_at and id of the last post seen; the first page begins at infinity.

-- platformdb: personas="accounts followed"
SELECT
    users.id,
    'infinity'::timestamptz,
    'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid,
    coalesce(followed.accounts, 0) AS weight,
    users.created_at AS since
FROM users
LEFT JOIN (
    SELECT follower_id, count(*) AS accounts FROM user_follows GROUP BY follower_id
) AS followed ON followed.follower_id = users.id;

-- Pages further down: from the middle of the longest list of accounts followed.
-- platformdb: persona=halfway
SELECT follower_id, created_at, id
FROM (
    SELECT
        user_follows.follower_id, posts.created_at, posts.id,
        row_number() OVER (ORDER BY posts.created_at, posts.id) AS place, count(*) OVER () AS places
    FROM user_follows
    JOIN posts ON posts.user_id = user_follows.following_id
    WHERE user_follows.follower_id = (
        SELECT follower_id FROM user_follows GROUP BY follower_id ORDER BY count(*) DESC, follower_id LIMIT 1
    )
    AND posts.status = 'published' AND posts.deleted_at IS NULL
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: target_ms=50
WITH authors AS (
    SELECT user_follows.following_id AS user_id
    FROM user_follows
    CROSS JOIN LATERAL (
        SELECT created_at, id
        FROM posts
        WHERE user_id = user_follows.following_id
          AND status = 'published'
          AND deleted_at IS NULL
          AND (created_at, id) < ($2, $3)
        ORDER BY created_at DESC, id DESC
        LIMIT 1
    ) AS newest
    WHERE user_follows.follower_id = $1
    ORDER BY newest.created_at DESC, newest.id DESC
    LIMIT 20
), page AS (
    SELECT latest.id
    FROM authors
    CROSS JOIN LATERAL (
        SELECT created_at, id
        FROM posts
        WHERE user_id = authors.user_id
          AND status = 'published'
          AND deleted_at IS NULL
          AND (created_at, id) < ($2, $3)
        ORDER BY created_at DESC, id DESC
        LIMIT 20
    ) AS latest
    ORDER BY latest.created_at DESC, latest.id DESC
    LIMIT 20
)
SELECT posts.*
FROM page
JOIN posts ON posts.id = page.id
ORDER BY posts.created_at DESC, posts.id DESC;
