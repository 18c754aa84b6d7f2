-- Moderation: a post goes, with its comments and all that speaks of it.

-- platformdb: personas="comments on the post"
SELECT posts.id, count(comments.id) AS weight, posts.created_at AS since
FROM posts
LEFT JOIN comments ON comments.post_id = posts.id
GROUP BY posts.id;

-- platformdb: target_ms=500 rollback=on
DELETE FROM posts WHERE id = $1;
