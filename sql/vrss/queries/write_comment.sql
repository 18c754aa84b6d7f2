-- Commenting: the post's count goes up.

-- platformdb: personas="comments on the post"
SELECT id, user_id, comments_count AS weight, created_at AS since
FROM posts
WHERE status = 'published' AND deleted_at IS NULL;

-- platformdb: target_ms=10 rollback=on
INSERT INTO comments (post_id, user_id, content) VALUES ($1, $2, 'Thank you all, that was a fine evening.');
