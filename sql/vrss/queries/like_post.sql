-- Liking a post: its count goes up.

-- platformdb: personas="likes of the post"
SELECT posts.id, reader.id, posts.likes_count AS weight, posts.created_at AS since
FROM posts
-- The last who came, where he has not liked the post already.
CROSS JOIN (SELECT id FROM users ORDER BY created_at DESC, id LIMIT 1) AS reader
WHERE posts.status = 'published' AND posts.deleted_at IS NULL AND NOT EXISTS (
    SELECT FROM post_interactions AS made
    WHERE made.post_id = posts.id AND made.user_id = reader.id AND made.type = 'like'
);

-- platformdb: target_ms=10 rollback=on
INSERT INTO post_interactions (post_id, user_id, type) VALUES ($1, $2, 'like');
