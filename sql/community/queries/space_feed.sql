-- Space feed: the 20 newest published posts of a space, or the page behind a cursor.

-- platformdb: personas="posts published there"
SELECT spaces.id, page_cursor('infinity') AS cursor, count(posts.id) AS weight, spaces.created_at AS since
FROM spaces
LEFT JOIN posts ON posts.space_id = spaces.id AND posts.status = 'published'
GROUP BY spaces.id;

-- platformdb: persona=last_page
-- Of the space with most posts.
SELECT space_id, page_cursor(published_at, id) AS cursor
FROM posts
WHERE status = 'published' AND space_id = (
    SELECT space_id FROM posts WHERE status = 'published' GROUP BY space_id ORDER BY count(*) DESC, space_id LIMIT 1
)
ORDER BY published_at, id
OFFSET 3
LIMIT 1;

-- platformdb: target_ms=50
SELECT
    posts.id, posts.title, left(posts.content, 280) AS beginning, posts.published_at, posts.comments_count,
    users.username, users.name, page_cursor(posts.published_at, posts.id) AS cursor
FROM posts
JOIN users ON users.id = posts.author_id
WHERE posts.space_id = $1 AND posts.status = 'published'
  AND (posts.published_at, posts.id) < (cursor_at($2), cursor_id($2))
ORDER BY posts.published_at DESC, posts.id DESC
LIMIT 20;
