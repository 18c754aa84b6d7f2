-- Profile: a user's 20 newest published posts.

-- platformdb: personas="posts written"
SELECT users.id, count(posts.author_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN posts ON posts.author_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50
SELECT id, community_id, title, left(content, 280) AS beginning, published_at, comments_count
FROM posts
WHERE author_id = $1 AND status = 'published'
ORDER BY created_at DESC
LIMIT 20;
