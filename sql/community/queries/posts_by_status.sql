-- Editors: the 50 newest posts of a status on the whole platform.

-- platformdb: personas="posts of the status"
SELECT status, count(*) AS weight FROM posts GROUP BY status;

-- platformdb: target_ms=50
SELECT posts.id, posts.title, posts.created_at, users.name, posts.community_id
FROM posts
JOIN users ON users.id = posts.author_id
WHERE posts.status = $1
ORDER BY posts.created_at DESC
LIMIT 50;
