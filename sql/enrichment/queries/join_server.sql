-- Write: a user joins a server.

-- platformdb: personas="members of the server"
SELECT servers.id, newcomer.id AS user_id, newcomer.created_at AS now, servers.member_count AS weight
FROM servers
CROSS JOIN LATERAL (
    SELECT users.id, users.created_at FROM users
    WHERE NOT EXISTS (SELECT FROM server_members AS m WHERE m.user_id = users.id AND m.server_id = servers.id)
    ORDER BY users.created_at DESC, users.id DESC
    LIMIT 1
) AS newcomer
WHERE servers.deleted_at IS NULL;

-- platformdb: target_ms=50 rollback=on
INSERT INTO server_members (server_id, user_id, joined_at) VALUES ($1, $2, $3);
