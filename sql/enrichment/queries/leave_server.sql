-- Write: a member leaves a server; his roles, overrides and tasks there go with him.

-- platformdb: personas="roles of the member"
SELECT m.id, count(r.role_id) AS weight, m.joined_at AS since
FROM server_members AS m
LEFT JOIN member_roles AS r ON r.member_id = m.id
WHERE NOT EXISTS (SELECT FROM servers WHERE servers.id = m.server_id AND servers.owner_id = m.user_id)
GROUP BY m.id;

-- platformdb: target_ms=50 rollback=on
DELETE FROM server_members WHERE id = $1;
