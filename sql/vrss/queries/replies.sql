-- Post page: the replies to a comment, oldest first.

-- platformdb: personas="replies to the comment"
SELECT parent_comment_id, post_id, count(*) AS weight
FROM comments
WHERE parent_comment_id IS NOT NULL
GROUP BY parent_comment_id, post_id;

-- platformdb: target_ms=50
SELECT * FROM comments
WHERE parent_comment_id = $1 AND post_id = $2
ORDER BY created_at
LIMIT 20;
