-- Creator page: what he has published, archived or not, newest first, a page of 20.

-- platformdb: personas="posts published"
SELECT creator_id, page_cursor('infinity'), count(*) AS weight
FROM posts
WHERE status = 'published' AND deleted_at IS NULL
GROUP BY creator_id;

-- platformdb: target_ms=50
SELECT id, title, comments_count, published_at, page_cursor(published_at, id) AS next_page
FROM posts
WHERE creator_id = $1
  AND deleted_at IS NULL
  AND (published_at, id) < (cursor_at($2), cursor_id($2))
ORDER BY published_at DESC, id DESC
LIMIT 20;
