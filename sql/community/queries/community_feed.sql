-- Community feed: the 20 newest published posts of a community, or the page behind a cursor.

-- platformdb: personas="posts published there"
SELECT communities.id, page_cursor('infinity') AS cursor, count(posts.id) AS weight, communities.created_at AS since
FROM communities
LEFT JOIN posts ON posts.community_id = communities.id AND posts.status = 'published'
GROUP BY communities.id;

-- platformdb: persona=last_page
-- Of the community with most posts: a page far behind costs what the first one does.
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
