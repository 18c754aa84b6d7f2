-- Feed: the 20 newest published posts of everybody a user follows, and the pages behind them.
--
-- First it looks among the newest posts of everybody, as far as is cheap: who follows many finds a page there at once.
-- Else it asks each author for the newest post. A post of the page is by one of the 20 authors whose newest post is
-- newest, for any other has 20 newer posts before him; so then only their posts are read. Both ways look at the index
-- alone until the page is known, and both give the rows of feed_as_documented.
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
WITH recent AS (
    SELECT newest.id
    FROM (
        SELECT user_id, created_at, id
        FROM posts
        WHERE status = 'published'
          AND deleted_at IS NULL
          AND (created_at, id) < ($2, $3)
        ORDER BY created_at DESC, id DESC
        -- Five posts in a row are read in the time in which one author is asked.
        LIMIT (SELECT 5 * count(*) FROM user_follows WHERE follower_id = $1)
    ) AS newest
    -- IS TRUE keeps it a filter: made a join, it would read and sort all of them.
    WHERE (newest.user_id IN (SELECT following_id FROM user_follows WHERE follower_id = $1)) IS TRUE
    ORDER BY newest.created_at DESC, newest.id DESC
    LIMIT 20
), authors AS (
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
    WHERE user_follows.follower_id = $1 AND (SELECT count(*) FROM recent) < 20
    ORDER BY newest.created_at DESC, newest.id DESC
    LIMIT 20
), latest AS (
    SELECT newest.id
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
    ) AS newest
    ORDER BY newest.created_at DESC, newest.id DESC
    LIMIT 20
)
SELECT posts.*
FROM (
    SELECT id FROM recent WHERE (SELECT count(*) FROM recent) = 20
    UNION ALL
    SELECT id FROM latest
) AS page
JOIN posts ON posts.id = page.id
ORDER BY posts.created_at DESC, posts.id DESC;
