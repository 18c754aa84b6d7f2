-- Message link: a message by its channel and id, which is all that a link holds.

-- platformdb: persona=heaviest
SELECT channel_id, last_message_id
FROM channels
JOIN (SELECT channel_id, count(*) AS messages FROM messages GROUP BY channel_id) AS counted ON channel_id = id
WHERE last_message_id IS NOT NULL
ORDER BY messages DESC, channel_id
LIMIT 1;

-- platformdb: persona=oldest
SELECT channel_id, id FROM messages ORDER BY created_at, id LIMIT 1;

-- platformdb: persona=gone
SELECT id, '00000000-0000-7000-8000-000000000000'::uuid FROM channels ORDER BY id LIMIT 1;

-- platformdb: target_ms=10
SELECT id, author_id, content, created_at, attachments, reactions FROM message_details WHERE channel_id = $1 AND id = $2;
