-- Discover: the 20 newest published posts of all communities, or the page behind a cursor.

-- platformdb: persona=heaviest
SELECT page_cursor('infinity') AS cursor;

-- platformdb: persona=last_page
SELECT page_cursor(percentile_disc(0.01) WITHIN GROUP (ORDER BY published_at)) AS cursor FROM posts WHERE status = 'published';

-- platformdb: target_ms=50
SELECT
    posts.id, posts.title, left(posts.content, 280) AS beginning, posts.published_at, users.name,
    communities.name AS community, page_cursor(posts.published_at, posts.id) AS cursor
FROM posts
JOIN users ON users.id = posts.author_id
JOIN communities ON communities.id = posts.community_id
WHERE posts.status = 'published' AND communities.visibility = 'public'
  AND (posts.published_at, posts.id) < (cursor_at($1), cursor_id($1))
ORDER BY posts.published_at DESC, posts.id DESC
LIMIT 20;
