-- Audit log of a server: the 50 newest entries.

-- platformdb: personas="entries"
SELECT servers.id, count(audit_logs.server_id) AS weight, servers.created_at AS since
FROM servers
LEFT JOIN audit_logs ON audit_logs.server_id = servers.id
GROUP BY servers.id;

-- platformdb: target_ms=50
SELECT actor_id, action, table_name, row_id, created_at
FROM audit_logs
WHERE server_id = $1
ORDER BY created_at DESC
LIMIT 50;
