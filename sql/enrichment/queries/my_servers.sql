-- My servers: where a user is a member.

-- platformdb: personas="servers joined"
SELECT users.id, count(server_members.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN server_members ON server_members.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT s.id, s.name, s.icon_url, m.joined_at
FROM server_members AS m
JOIN servers AS s ON s.id = m.server_id
WHERE m.user_id = $1 AND s.deleted_at IS NULL
ORDER BY m.joined_at;
