-- Write: a user enters a voice channel.

-- platformdb: personas="times in the voice channel"
SELECT channels.id, channels.type, alone.id AS user_id, latest.at AS now, count(voice_sessions.id) AS weight
FROM (SELECT max(joined_at) AS at FROM voice_sessions) AS latest
CROSS JOIN (
    SELECT id FROM users
    WHERE NOT EXISTS (SELECT FROM voice_sessions AS v WHERE v.user_id = users.id AND v.left_at IS NULL)
    ORDER BY id
    LIMIT 1
) AS alone
CROSS JOIN channels
LEFT JOIN voice_sessions ON voice_sessions.channel_id = channels.id
WHERE channels.type = 2 AND channels.user_limit IS NULL
GROUP BY channels.id, alone.id, latest.at;

-- platformdb: target_ms=10 rollback=on
INSERT INTO voice_sessions (channel_id, channel_type, user_id, joined_at) VALUES ($1, $2, $3, $4);
