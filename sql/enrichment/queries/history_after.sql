-- History, on: the 50 messages of a channel after a place, with files and reactions, such as where the user stopped reading.

-- platformdb: persona=heaviest
SELECT channel_id, page_cursor(percentile_disc(0.5) WITHIN GROUP (ORDER BY created_at))
FROM messages
GROUP BY channel_id
ORDER BY count(*) DESC, channel_id
LIMIT 1;

-- platformdb: persona=heaviest_from_the_beginning
SELECT channel_id, page_cursor('-infinity') FROM messages GROUP BY channel_id ORDER BY count(*) DESC, channel_id LIMIT 1;

-- platformdb: persona=median
SELECT channel_id, page_cursor('-infinity')
FROM (
    SELECT channel_id, row_number() OVER (ORDER BY count(*), channel_id) AS place, count(*) OVER () AS places
    FROM messages
    GROUP BY channel_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT channel_id, page_cursor('-infinity') FROM messages GROUP BY channel_id ORDER BY count(*), channel_id LIMIT 1;

-- platformdb: target_ms=50
SELECT id, author_id, content, created_at, edited_timestamp, embeds, attachments, reactions, page_cursor(created_at, id) AS place
FROM message_details
WHERE channel_id = $1
  AND thread_id IS NULL
  AND deleted_at IS NULL
  AND created_at >= cursor_at($2)
  AND (created_at, id) > (cursor_at($2), cursor_id($2))
ORDER BY created_at, id
LIMIT 50;
