-- Channel list: the channels of a server in their order, each with its category.

-- platformdb: personas="channels"
SELECT servers.id, count(channels.server_id) AS weight, servers.created_at AS since
FROM servers
LEFT JOIN channels ON channels.server_id = servers.id
GROUP BY servers.id;

-- platformdb: target_ms=10 large=2000
SELECT c.id, c.type, c.name, c.position, category.name AS category, c.last_message_at
FROM channels AS c
LEFT JOIN channels AS category ON category.id = c.parent_id
WHERE c.server_id = $1 AND c.deleted_at IS NULL
ORDER BY c.position, c.id;
