-- Erasing an account: it goes for good with everything of the user, but what others would miss stays without his name.

-- platformdb: personas="posts and comments written"
SELECT
    users.id,
    (SELECT count(*) FROM posts WHERE posts.user_id = users.id)
    + (SELECT count(*) FROM comments WHERE comments.user_id = users.id) AS weight,
    users.created_at AS since
FROM users;

-- Who liked or answered a fifth of all posts changes their counts: to read all posts is cheaper than to look each up.
-- platformdb: target_ms=5000 rollback=on whole="posts" reason="the counts of a large share of all posts"
DELETE FROM users WHERE id = $1;
