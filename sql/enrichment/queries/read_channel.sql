-- Write: a user has read a channel up to its newest message.

-- platformdb: personas="channels followed"
SELECT r.user_id, (array_agg(r.channel_id ORDER BY r.channel_id))[1] AS channel_id,
       max(c.last_message_at) AS now, count(*) AS weight
FROM channel_reads AS r
JOIN channels AS c ON c.id = r.channel_id
GROUP BY r.user_id;

-- platformdb: target_ms=10 rollback=on
INSERT INTO channel_reads (user_id, channel_id, last_read_at) VALUES ($1, $2, $3)
ON CONFLICT (channel_id, user_id) DO UPDATE
SET last_read_at = excluded.last_read_at, last_read_message_id = excluded.last_read_message_id;
