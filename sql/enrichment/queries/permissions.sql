-- Permissions: what a member may do in a channel, asked before every message.

-- platformdb: persona=heaviest
SELECT m.user_id, o.channel_id
FROM server_members AS m
JOIN member_roles AS r ON r.member_id = m.id
JOIN channel_permissions AS o ON o.server_id = m.server_id
GROUP BY m.user_id, o.channel_id
ORDER BY count(DISTINCT r.role_id) * count(DISTINCT o.id) DESC, m.user_id, o.channel_id
LIMIT 1;

-- platformdb: persona=median
SELECT m.user_id, c.id
FROM servers AS s
JOIN server_members AS m ON m.server_id = s.id
JOIN channels AS c ON c.server_id = s.id
ORDER BY s.member_count DESC, m.id, c.id
LIMIT 1 OFFSET 1;

-- platformdb: persona=direct
SELECT dm_user_1, id FROM channels WHERE type = 1 ORDER BY id LIMIT 1;

-- platformdb: target_ms=5
SELECT permissions FROM channel_permissions_for($1) WHERE channel_id = $2;
