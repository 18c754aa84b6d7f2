-- An account goes for good, with everything of the user; what others would miss stays without his name.

-- platformdb: personas="posts and comments written"
SELECT
    users.id,
    (SELECT count(*) FROM posts WHERE posts.user_id = users.id)
    + (SELECT count(*) FROM comments WHERE comments.user_id = users.id) AS weight,
    users.created_at AS since
FROM users;

-- platformdb: target_ms=5000 rollback=on
DELETE FROM users WHERE id = $1;
