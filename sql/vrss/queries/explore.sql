-- Explore page: the newest published posts of everybody, a page of 20; page 100 costs what page 1 does.

-- platformdb: persona=page_1
SELECT 'infinity'::timestamptz, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;

-- platformdb: persona=page_100
SELECT created_at, id
FROM posts
WHERE status = 'published' AND deleted_at IS NULL
ORDER BY created_at DESC, id DESC
OFFSET (
    -- Where there are not so many posts, so that a whole page follows.
    SELECT greatest(least(99 * 20, count(*) - 20) - 1, 0) FROM posts WHERE status = 'published' AND deleted_at IS NULL
)
LIMIT 1;

-- platformdb: target_ms=50
SELECT *
FROM posts
WHERE status = 'published'
  AND deleted_at IS NULL
  AND (created_at, id) < ($1, $2)
ORDER BY created_at DESC, id DESC
LIMIT 20;
