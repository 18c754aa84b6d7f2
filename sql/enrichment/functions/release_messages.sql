-- Lets go of the messages of a month that is about to be retired: what points into it from outside forgets the id and
-- keeps the time. An answer still says in message_reference what it answered.
CREATE OR REPLACE FUNCTION release_messages(from_time timestamptz, to_time timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    retired record;
BEGIN
    -- Partitions of the children that were retired keep their foreign key to messages, as tables of their own.
    FOR retired IN
        SELECT c.conrelid::regclass AS name, c.conname
        FROM pg_constraint AS c
        JOIN pg_class AS t ON t.oid = c.conrelid
        WHERE c.contype = 'f'
          AND c.confrelid = 'messages'::regclass
          AND NOT t.relispartition
          AND t.relname ~ '_\d{4}_\d{2}$'
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', retired.name, retired.conname);
    END LOOP;

    UPDATE messages SET referenced_message_id = NULL
    WHERE referenced_message_created_at >= from_time AND referenced_message_created_at < to_time
      AND referenced_message_id IS NOT NULL;
    UPDATE message_threads SET root_message_id = NULL
    WHERE root_message_created_at >= from_time AND root_message_created_at < to_time AND root_message_id IS NOT NULL;
    UPDATE conversation_summaries SET start_message_id = NULL
    WHERE start_message_created_at >= from_time AND start_message_created_at < to_time AND start_message_id IS NOT NULL;
    UPDATE conversation_summaries SET end_message_id = NULL
    WHERE end_message_created_at >= from_time AND end_message_created_at < to_time AND end_message_id IS NOT NULL;
    UPDATE channels SET last_message_id = NULL
    WHERE last_message_at >= from_time AND last_message_at < to_time AND last_message_id IS NOT NULL;
END
$$;
