-- Replying to the deepest comment: it finds its depth, and the one who is answered is told.

-- platformdb: personas="depth of the comment"
SELECT id, (SELECT id FROM users WHERE role = 'admin' ORDER BY id LIMIT 1), depth AS weight
FROM comments
WHERE deleted_at IS NULL;

-- platformdb: target_ms=10 rollback=on
INSERT INTO comments (post_id, post_archived, parent_comment_id, user_id, content)
SELECT post_id, post_archived, id, $2, 'So did I.' FROM comments WHERE id = $1;
