-- Permissions: what a member may do in a channel, asked before every message.

-- platformdb: personas="roles of the member times overrides in the server"
SELECT m.user_id, o.channel_id, count(DISTINCT r.role_id) * count(DISTINCT o.id) AS weight
FROM server_members AS m
JOIN member_roles AS r ON r.member_id = m.id
JOIN channel_permissions AS o ON o.server_id = m.server_id
GROUP BY m.user_id, o.channel_id;

-- platformdb: persona=direct
SELECT dm_user_1, id FROM channels WHERE type = 1 ORDER BY id LIMIT 1;

-- platformdb: target_ms=5
SELECT permissions FROM channel_permissions_for($1) WHERE channel_id = $2;
