-- Keeps channels.last_message_id and last_message_at: the newest message of the channel itself that is not deleted.
-- The channels are locked first and looked at in a statement after that: who waited sees what the others wrote.
CREATE OR REPLACE FUNCTION update_channel_last_message() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    channel_ids uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT channel_id) INTO channel_ids
        FROM new_rows
        WHERE thread_id IS NULL AND deleted_at IS NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT channel_id) INTO channel_ids
        FROM old_rows
        WHERE thread_id IS NULL AND deleted_at IS NULL;
    ELSE
        SELECT array_agg(DISTINCT n.channel_id) INTO channel_ids
        FROM new_rows AS n
        JOIN old_rows AS o ON (o.channel_id, o.created_at, o.id) = (n.channel_id, n.created_at, n.id)
        WHERE (n.thread_id IS NULL AND n.deleted_at IS NULL) <> (o.thread_id IS NULL AND o.deleted_at IS NULL);
    END IF;
    IF channel_ids IS NULL THEN
        RETURN NULL;
    END IF;

    PERFORM 1 FROM channels WHERE id = ANY (channel_ids) ORDER BY id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' THEN
        UPDATE channels
        SET last_message_at = newest.created_at, last_message_id = newest.id
        FROM (
            SELECT DISTINCT ON (channel_id) channel_id, created_at, id
            FROM new_rows
            WHERE thread_id IS NULL AND deleted_at IS NULL
            ORDER BY channel_id, created_at DESC, id DESC
        ) AS newest
        WHERE channels.id = newest.channel_id
          AND (
              channels.last_message_id IS NULL
              OR (newest.created_at, newest.id) > (channels.last_message_at, channels.last_message_id)
          );
    ELSE
        UPDATE channels
        SET last_message_at = newest.created_at, last_message_id = newest.id
        FROM unnest(channel_ids) AS touched (id)
        LEFT JOIN LATERAL (
            SELECT created_at, messages.id
            FROM messages
            WHERE channel_id = touched.id AND thread_id IS NULL AND deleted_at IS NULL
            ORDER BY created_at DESC, messages.id DESC
            LIMIT 1
        ) AS newest ON TRUE
        WHERE channels.id = touched.id
          AND (channels.last_message_at, channels.last_message_id) IS DISTINCT FROM (newest.created_at, newest.id);
    END IF;
    RETURN NULL;
END
$$;
