-- Profile: a user's 20 newest comments, and what they are about.

-- platformdb: personas="comments written"
SELECT users.id, count(comments.author_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN comments ON comments.author_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50
SELECT comments.id, comments.content, comments.created_at, posts.id AS post_id, posts.title
FROM comments
JOIN posts ON posts.id = comments.post_id
WHERE comments.author_id = $1 AND comments.deleted_at IS NULL
ORDER BY comments.created_at DESC
LIMIT 20;
