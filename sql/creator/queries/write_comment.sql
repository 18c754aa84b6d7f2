-- Commenting on a post, archived or not: the count goes up, and the creator is told.

-- platformdb: personas="comments"
SELECT posts.id, (SELECT id FROM users WHERE role = 'admin' ORDER BY id LIMIT 1), posts.comments_count AS weight
FROM posts
WHERE posts.status = 'published' AND posts.deleted_at IS NULL;

-- platformdb: target_ms=10 rollback=on
INSERT INTO comments (post_id, post_archived, user_id, content)
SELECT id, archived, $2, 'I read this twice, and sent it on to my sister.' FROM posts WHERE id = $1;
