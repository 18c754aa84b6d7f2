-- History, back: the 50 messages of a channel before a place, with files and reactions; page 1 and any other cost the same.

-- platformdb: personas="messages in the channel"
SELECT channel_id, page_cursor('infinity') AS place, count(*) AS weight
FROM messages
GROUP BY channel_id;

-- platformdb: persona=far_back
-- A tenth into the channel with most messages.
SELECT channel_id, page_cursor(percentile_disc(0.1) WITHIN GROUP (ORDER BY created_at)) AS place
FROM messages
GROUP BY channel_id
ORDER BY count(*) DESC, channel_id
LIMIT 1;

-- The first comparison is in the second: alone it lets the server leave out whole months.
-- platformdb: target_ms=50
SELECT id, author_id, content, created_at, edited_timestamp, embeds, attachments, reactions, page_cursor(created_at, id) AS place
FROM message_details
WHERE channel_id = $1
  AND thread_id IS NULL
  AND deleted_at IS NULL
  AND created_at <= cursor_at($2)
  AND (created_at, id) < (cursor_at($2), cursor_id($2))
ORDER BY created_at DESC, id DESC
LIMIT 50;
