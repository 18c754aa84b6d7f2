-- Profile: the accounts that have followed a user last.

-- platformdb: personas="followers"
SELECT following_id, count(*) AS weight FROM user_follows GROUP BY following_id;

-- platformdb: target_ms=50
SELECT follower_id, (SELECT username FROM users WHERE users.id = follower_id) AS username, created_at
FROM user_follows
WHERE following_id = $1
ORDER BY created_at DESC
LIMIT 20;
