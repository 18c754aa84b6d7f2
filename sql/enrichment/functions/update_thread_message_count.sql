-- Keeps message_threads.message_count, which counts the messages that are not soft-deleted.
-- One run per statement, whatever its number of rows.
CREATE OR REPLACE FUNCTION update_thread_message_count() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    channel_ids uuid[];
    thread_ids  uuid[];
    deltas      bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(change.channel_id), array_agg(change.thread_id), array_agg(change.delta)
        INTO channel_ids, thread_ids, deltas
        FROM (
            SELECT channel_id, thread_id, count(*) AS delta
            FROM new_rows
            WHERE thread_id IS NOT NULL AND deleted_at IS NULL
            GROUP BY channel_id, thread_id
        ) AS change;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(change.channel_id), array_agg(change.thread_id), array_agg(change.delta)
        INTO channel_ids, thread_ids, deltas
        FROM (
            SELECT channel_id, thread_id, -count(*) AS delta
            FROM old_rows
            WHERE thread_id IS NOT NULL AND deleted_at IS NULL
            GROUP BY channel_id, thread_id
        ) AS change;
    ELSE
        SELECT array_agg(change.channel_id), array_agg(change.thread_id), array_agg(change.delta)
        INTO channel_ids, thread_ids, deltas
        FROM (
            SELECT channel_id, thread_id, sum(delta) AS delta
            FROM (
                SELECT channel_id, thread_id, 1 AS delta FROM new_rows WHERE deleted_at IS NULL
                UNION ALL
                SELECT channel_id, thread_id, -1 FROM old_rows WHERE deleted_at IS NULL
            ) AS row_changes
            WHERE thread_id IS NOT NULL
            GROUP BY channel_id, thread_id
            HAVING sum(delta) <> 0
        ) AS change;
    END IF;

    IF thread_ids IS NOT NULL THEN
        PERFORM 1
        FROM message_threads
        WHERE channel_id = ANY (channel_ids) AND id = ANY (thread_ids)
        ORDER BY id
        FOR NO KEY UPDATE;
        UPDATE message_threads
        SET message_count = message_count + change.delta
        FROM unnest(channel_ids, thread_ids, deltas) AS change (channel_id, thread_id, delta)
        WHERE message_threads.channel_id = change.channel_id
          AND message_threads.id = change.thread_id;
    END IF;
    RETURN NULL;
END
$$;
