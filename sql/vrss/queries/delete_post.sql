-- Deleting a post: it goes for good, with its media, comments, likes, reposts, and what tells of it.

-- platformdb: personas="likes and comments"
SELECT id, likes_count + comments_count AS weight FROM posts;

-- platformdb: target_ms=250 rollback=on
DELETE FROM posts WHERE id = $1;
