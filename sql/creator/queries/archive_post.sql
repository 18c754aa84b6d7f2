-- Archiving a post: it goes to the archive, with its comments and what tells of them.

-- platformdb: personas="comments"
SELECT id, comments_count AS weight FROM posts WHERE NOT archived AND status = 'published' AND deleted_at IS NULL;

-- platformdb: target_ms=1000 rollback=on
UPDATE posts SET archived = TRUE WHERE id = $1;
