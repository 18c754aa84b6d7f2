-- Thread: the comments of a post as a tree, a page of 20 beginnings with all that was answered to them.

-- platformdb: personas="comments"
SELECT
    id,
    page_cursor('-infinity', '00000000-0000-0000-0000-000000000000'),
    comments_count AS weight,
    created_at AS since
FROM posts;

-- platformdb: target_ms=50
WITH RECURSIVE beginnings AS (
    SELECT id, post_archived, user_id, content, created_at, deleted_at
    FROM comments
    WHERE post_id = $1
      AND depth = 0
      AND (created_at, id) > (cursor_at($2), cursor_id($2))
    ORDER BY created_at, id
    LIMIT 20
), thread AS (
    -- Ids rise with time, so the ids on the way to a comment put it in its place.
    SELECT id, post_archived, user_id, content, created_at, deleted_at, 0::smallint AS depth, ARRAY[id] AS path
    FROM beginnings
    UNION ALL
    SELECT
        reply.id, reply.post_archived, reply.user_id, reply.content, reply.created_at, reply.deleted_at, reply.depth,
        thread.path || reply.id
    FROM thread
    -- OFFSET 0 keeps it a look by index for each comment: how many there are, the planner cannot know.
    CROSS JOIN LATERAL (
        SELECT * FROM comments
        WHERE comments.parent_comment_id = thread.id AND comments.post_archived = thread.post_archived
        OFFSET 0
    ) AS reply
)
SELECT
    thread.id, thread.depth, thread.created_at,
    (SELECT username FROM users WHERE users.id = thread.user_id) AS username,
    CASE WHEN thread.deleted_at IS NULL THEN thread.content END AS content,
    CASE WHEN thread.depth = 0 THEN page_cursor(thread.created_at, thread.id) END AS next_page
FROM thread
ORDER BY thread.path;
