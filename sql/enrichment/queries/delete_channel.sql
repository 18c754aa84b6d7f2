-- Purge job: a channel in which nobody wrote goes, with its overrides, invites and times in voice.

-- platformdb: personas="times in voice"
SELECT channels.id, count(voice_sessions.id) AS weight
FROM channels
LEFT JOIN voice_sessions ON voice_sessions.channel_id = channels.id
WHERE channels.last_message_at IS NULL AND channels.server_id IS NOT NULL
GROUP BY channels.id;

-- platformdb: target_ms=100 rollback=on large=3000
DELETE FROM channels WHERE id = $1;
