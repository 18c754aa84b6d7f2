-- Writes a row of a table into audit_logs when it comes, changes or goes: of a change only the columns that changed.
--
-- Arguments of the trigger: the table's name (a partition's own is another), the column that names a row, and the columns
-- that are nobody's business (secrets) or no change (counts, times). Who did it is what the application has set:
-- SET LOCAL enrichment.actor_id = '…'.
CREATE OR REPLACE FUNCTION write_audit_log() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    silent   text[] := TG_ARGV[2:];
    was      jsonb := to_jsonb(OLD) - silent;
    is_now   jsonb := to_jsonb(NEW) - silent;
    whole    jsonb := coalesce(to_jsonb(NEW), to_jsonb(OLD));
    what     text := lower(TG_OP);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(key, was -> key), jsonb_object_agg(key, value)
        INTO was, is_now
        FROM jsonb_each(is_now)
        WHERE was -> key IS DISTINCT FROM value;
        IF is_now IS NULL THEN
            RETURN NULL;
        END IF;
        what := CASE
            WHEN NOT is_now ? 'deleted_at' THEN 'update'
            WHEN is_now ->> 'deleted_at' IS NULL THEN 'restore'
            ELSE 'soft_delete'
        END;
    END IF;
    INSERT INTO audit_logs (server_id, actor_id, action, table_name, row_id, old_values, new_values)
    VALUES (
        CASE
            WHEN TG_ARGV[0] = 'servers' THEN (whole ->> 'id')::uuid
            WHEN whole ? 'server_id' THEN (whole ->> 'server_id')::uuid
            ELSE (SELECT server_id FROM channels WHERE id = (whole ->> 'channel_id')::uuid)
        END,
        nullif(current_setting('enrichment.actor_id', TRUE), '')::uuid,
        what,
        TG_ARGV[0],
        (whole ->> TG_ARGV[1])::uuid,
        was,
        is_now
    );
    RETURN NULL;
END
$$;
