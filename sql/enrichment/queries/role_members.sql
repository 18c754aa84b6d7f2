-- Who has a role: 100 of them.

-- platformdb: personas="holders of the role"
SELECT roles.id, roles.server_id, count(member_roles.member_id) AS weight, roles.created_at AS since
FROM roles
LEFT JOIN member_roles ON member_roles.role_id = roles.id
GROUP BY roles.id;

-- platformdb: target_ms=10 large=2000
SELECT m.user_id, coalesce(m.nickname, u.display_name, u.username) AS name
FROM member_roles AS r
JOIN server_members AS m ON m.id = r.member_id
JOIN users AS u ON u.id = m.user_id
WHERE r.role_id = $1 AND r.server_id = $2
ORDER BY r.member_id
LIMIT 100;
