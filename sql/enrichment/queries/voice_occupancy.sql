-- Voice occupancy: who is in which voice channel of a server now.

-- platformdb: persona=heaviest
SELECT c.server_id
FROM channels AS c
JOIN voice_sessions AS v ON v.channel_id = c.id AND v.left_at IS NULL
GROUP BY c.server_id
ORDER BY count(*) DESC, c.server_id
LIMIT 1;

-- platformdb: persona=most_channels
SELECT server_id FROM channels WHERE type = 2 GROUP BY server_id ORDER BY count(*) DESC, server_id LIMIT 1;

-- platformdb: persona=quiet
SELECT server_id FROM channels WHERE type = 2 GROUP BY server_id ORDER BY count(*), server_id LIMIT 1;

-- platformdb: target_ms=10
SELECT c.id, c.name, c.user_limit, v.user_id, v.joined_at, v.self_mute, v.self_deaf, v.self_video
FROM channels AS c
LEFT JOIN voice_sessions AS v ON v.channel_id = c.id AND v.left_at IS NULL
WHERE c.server_id = $1
  AND c.type IN (2, 13)
  AND c.deleted_at IS NULL
ORDER BY c.position, c.id, v.joined_at;
