-- Feed, the reference: its first page as the platform's document has it, which sorts all posts of everybody followed.
--
-- The reference for feed.sql: the same rows, in an order that the document leaves open where two posts are of the
-- same instant. It meets the target while those followed have written little; see docs/platforms/vrss.md.

-- platformdb: personas="accounts followed"
SELECT users.id, coalesce(followed.accounts, 0) AS weight, users.created_at AS since
FROM users
LEFT JOIN (
    SELECT follower_id, count(*) AS accounts FROM user_follows GROUP BY follower_id
) AS followed ON followed.follower_id = users.id;

-- platformdb: target_ms=50 sorted=10000000
SELECT * FROM posts
WHERE user_id IN (SELECT following_id FROM user_follows WHERE follower_id = $1)
  AND status = 'published'
  AND deleted_at IS NULL
ORDER BY created_at DESC, id DESC
LIMIT 20;
