-- Profile: the accounts that a user has followed last.

-- platformdb: personas="accounts followed"
SELECT follower_id, count(*) AS weight FROM user_follows GROUP BY follower_id;

-- platformdb: target_ms=50
SELECT following_id, (SELECT username FROM users WHERE users.id = following_id) AS username, created_at
FROM user_follows
WHERE follower_id = $1
ORDER BY created_at DESC
LIMIT 20;
