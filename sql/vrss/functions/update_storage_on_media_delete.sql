-- Deleted media, also by cascade or TRUNCATE: gives the bytes back.
CREATE OR REPLACE FUNCTION update_storage_on_media_delete() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE post_media', '{repeatable read,serializable}', 'READ COMMITTED');
        PERFORM 1 FROM storage_usage WHERE used_bytes <> 0 ORDER BY user_id FOR NO KEY UPDATE;
        UPDATE storage_usage SET used_bytes = 0 WHERE used_bytes <> 0;
        RETURN NULL;
    END IF;

    PERFORM charge_storage(array_agg(charge.user_id), array_agg(charge.bytes))
    FROM (
        SELECT user_id, -sum(size_bytes) AS bytes
        FROM old_rows
        GROUP BY user_id
        HAVING sum(size_bytes) <> 0
    ) AS charge
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
