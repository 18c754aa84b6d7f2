-- Thread: 20 conversations of a post in the order in which they began, each with all its replies; or the page behind a cursor.

-- platformdb: personas="comments on the post"
SELECT posts.id, page_cursor('-infinity') AS cursor, count(comments.id) AS weight, posts.created_at AS since
FROM posts
LEFT JOIN comments ON comments.post_id = posts.id
GROUP BY posts.id;

-- platformdb: persona=last_page
-- Of the post with most comments.
SELECT post_id, page_cursor(created_at, id) AS cursor
FROM comments
WHERE post_id = (SELECT post_id FROM comments GROUP BY post_id ORDER BY count(*) DESC, post_id LIMIT 1)
ORDER BY created_at DESC, id DESC
OFFSET 3
LIMIT 1;

-- platformdb: target_ms=50 large=2000
WITH RECURSIVE thread AS (
    (
        SELECT id, post_id, author_id, content, created_at, deleted_at, 0 AS depth, ARRAY[id] AS path
        FROM comments
        WHERE post_id = $1 AND parent_id IS NULL AND (created_at, id) > (cursor_at($2), cursor_id($2))
        ORDER BY created_at, id
        LIMIT 20
    )
    UNION ALL
    SELECT
        reply.id, reply.post_id, reply.author_id, reply.content, reply.created_at, reply.deleted_at, depth + 1,
        path || reply.id
    FROM thread
    -- The post of the comment that is answered, not $1: so the replies are looked up, and not all comments of a long post.
    JOIN comments AS reply ON reply.parent_id = thread.id AND reply.post_id = thread.post_id
)
SELECT
    thread.id, depth, thread.created_at, users.name,
    -- A deleted comment leaves its place to those who answered it.
    CASE WHEN deleted_at IS NULL THEN content END AS content
FROM thread
JOIN users ON users.id = thread.author_id
-- Ids are ordered by time, so a path sorts as the page shows it.
ORDER BY path;
