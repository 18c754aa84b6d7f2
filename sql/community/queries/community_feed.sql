-- Community feed: the 20 newest published posts of a community, or the page behind a cursor.

-- platformdb: persona=busiest
SELECT community_id, page_cursor('infinity') AS cursor
FROM posts
WHERE status = 'published'
GROUP BY community_id
ORDER BY count(*) DESC, community_id
LIMIT 1;

-- platformdb: persona=median
SELECT community_id, page_cursor('infinity') AS cursor
FROM (
    SELECT community_id, row_number() OVER (ORDER BY count(*), community_id) AS place, count(*) OVER () AS places
    FROM posts
    WHERE status = 'published'
    GROUP BY community_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT community_id, page_cursor('infinity') AS cursor
FROM posts
WHERE status = 'published'
GROUP BY community_id
ORDER BY count(*), community_id
LIMIT 1;

-- platformdb: persona=deep
-- A late page of the busiest.
SELECT community_id, page_cursor(published_at, id) AS cursor
FROM posts
WHERE status = 'published' AND community_id = (
    SELECT community_id FROM posts WHERE status = 'published' GROUP BY community_id ORDER BY count(*) DESC, community_id LIMIT 1
)
ORDER BY published_at, id
OFFSET 3
LIMIT 1;

-- platformdb: target_ms=50
SELECT
    posts.id, posts.title, left(posts.content, 280) AS beginning, posts.published_at, posts.comments_count,
    users.username, users.name, spaces.name AS space, page_cursor(posts.published_at, posts.id) AS cursor
FROM posts
JOIN users ON users.id = posts.author_id
JOIN spaces ON spaces.id = posts.space_id
WHERE posts.community_id = $1 AND posts.status = 'published'
  AND (posts.published_at, posts.id) < (cursor_at($2), cursor_id($2))
ORDER BY posts.published_at DESC, posts.id DESC
LIMIT 20;
