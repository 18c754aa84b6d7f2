-- Invites of a server: the 20 newest.

-- platformdb: personas="invites"
SELECT servers.id, count(invites.server_id) AS weight, servers.created_at AS since
FROM servers
LEFT JOIN invites ON invites.server_id = servers.id
GROUP BY servers.id;

-- platformdb: target_ms=10
SELECT id, code, inviter_id, uses, max_uses, expires_at
FROM invites
WHERE server_id = $1
ORDER BY created_at DESC
LIMIT 20;
