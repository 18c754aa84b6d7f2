-- History, jump: the 25 messages of a channel before a date and the 25 from it on.

-- platformdb: persona=heaviest
SELECT channel_id, percentile_disc(0.4) WITHIN GROUP (ORDER BY created_at)
FROM messages
GROUP BY channel_id
ORDER BY count(*) DESC, channel_id
LIMIT 1;

-- platformdb: persona=median
SELECT channel_id, middle
FROM (
    SELECT
        channel_id, min(created_at) AS middle,
        row_number() OVER (ORDER BY count(*), channel_id) AS place, count(*) OVER () AS places
    FROM messages
    GROUP BY channel_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT channel_id, min(created_at) FROM messages GROUP BY channel_id ORDER BY count(*), channel_id LIMIT 1;

-- platformdb: target_ms=50
(
    SELECT id, author_id, content, created_at, attachments, reactions
    FROM message_details
    WHERE channel_id = $1 AND thread_id IS NULL AND deleted_at IS NULL AND created_at < $2
    ORDER BY created_at DESC, id DESC
    LIMIT 25
)
UNION ALL
(
    SELECT id, author_id, content, created_at, attachments, reactions
    FROM message_details
    WHERE channel_id = $1 AND thread_id IS NULL AND deleted_at IS NULL AND created_at >= $2
    ORDER BY created_at, id
    LIMIT 25
)
ORDER BY created_at, id;
