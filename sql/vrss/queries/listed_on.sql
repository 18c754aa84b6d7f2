-- Profile: the lists that have put a user on them last.

-- platformdb: personas="lists with the user"
SELECT user_id, count(*) AS weight FROM list_members GROUP BY user_id;

-- platformdb: target_ms=50
SELECT list_id, (SELECT name FROM user_lists WHERE user_lists.id = list_id) AS name, created_at
FROM list_members
WHERE user_id = $1
ORDER BY created_at DESC
LIMIT 20;
