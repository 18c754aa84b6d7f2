-- Thread: the 50 newest messages of a thread.

-- platformdb: personas="messages in the thread"
SELECT channel_id, id, page_cursor('infinity') AS place, message_count AS weight
FROM message_threads;

-- platformdb: target_ms=50
SELECT id, author_id, content, created_at, attachments, reactions, page_cursor(created_at, id) AS place
FROM message_details
WHERE channel_id = $1
  AND thread_id = $2
  AND deleted_at IS NULL
  AND created_at <= cursor_at($3)
  AND (created_at, id) < (cursor_at($3), cursor_id($3))
ORDER BY created_at DESC, id DESC
LIMIT 50;
