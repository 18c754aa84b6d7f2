-- Direct messages: the channels and groups of a user, the last used first.

-- platformdb: personas="direct channels and groups"
SELECT users.id, count(spoken.id) AS weight, users.created_at AS since
FROM users
LEFT JOIN (
    SELECT dm_user_1 AS user_id, id FROM channels WHERE type = 1
    UNION ALL
    SELECT dm_user_2, id FROM channels WHERE type = 1
    UNION ALL
    SELECT user_id, channel_id FROM channel_recipients
) AS spoken ON spoken.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT c.id, c.type, c.name, c.dm_user_1, c.dm_user_2, c.last_message_at
FROM (
    SELECT id FROM channels WHERE dm_user_1 = $1
    UNION ALL
    SELECT id FROM channels WHERE dm_user_2 = $1
    UNION ALL
    SELECT channel_id FROM channel_recipients WHERE user_id = $1
) AS mine
JOIN channels AS c ON c.id = mine.id
WHERE c.deleted_at IS NULL
ORDER BY c.last_message_at DESC NULLS LAST
LIMIT 50;
