-- Voice occupancy: who is in which voice channel of a server now.

-- platformdb: personas="people in voice channels"
SELECT servers.id, count(voice_sessions.id) AS weight, servers.created_at AS since
FROM servers
LEFT JOIN channels ON channels.server_id = servers.id
LEFT JOIN voice_sessions ON voice_sessions.channel_id = channels.id AND voice_sessions.left_at IS NULL
GROUP BY servers.id;

-- platformdb: target_ms=10
SELECT c.id, c.name, c.user_limit, v.user_id, v.joined_at, v.self_mute, v.self_deaf, v.self_video
FROM channels AS c
LEFT JOIN voice_sessions AS v ON v.channel_id = c.id AND v.left_at IS NULL
WHERE c.server_id = $1
  AND c.type IN (2, 13)
  AND c.deleted_at IS NULL
ORDER BY c.position, c.id, v.joined_at;
