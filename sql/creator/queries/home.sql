-- Home list: the newest published posts of everybody, a page of 20; page 1,000 costs what page 1 does.

-- platformdb: persona=page_1
SELECT page_cursor('infinity');

-- platformdb: persona=page_1000
SELECT page_cursor(published_at, id)
FROM posts
WHERE NOT archived AND status = 'published' AND deleted_at IS NULL
ORDER BY published_at DESC, id DESC
OFFSET (
    -- Behind 999 pages; where there are not so many, so that a whole page follows.
    SELECT greatest(least(999 * 20, count(*) - 20) - 1, 0)
    FROM posts
    WHERE NOT archived AND status = 'published' AND deleted_at IS NULL
)
LIMIT 1;

-- platformdb: target_ms=50
SELECT id, creator_id, creator_username, title, comments_count, published_at, page_cursor(published_at, id) AS next_page
FROM posts
WHERE NOT archived
  AND status = 'published'
  AND deleted_at IS NULL
  AND (published_at, id) < (cursor_at($1), cursor_id($1))
ORDER BY published_at DESC, id DESC
LIMIT 20;
