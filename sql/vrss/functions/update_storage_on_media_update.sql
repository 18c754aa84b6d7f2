-- A replaced file (size_bytes) or another uploader (user_id); other changes cancel out to nothing.
CREATE OR REPLACE FUNCTION update_storage_on_media_update() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM charge_storage(array_agg(charge.user_id), array_agg(charge.bytes))
    FROM (
        SELECT user_id, sum(bytes) AS bytes
        FROM (
            SELECT user_id, size_bytes AS bytes FROM new_rows
            UNION ALL
            SELECT user_id, -size_bytes FROM old_rows
        ) AS row_changes
        GROUP BY user_id
        HAVING sum(bytes) <> 0
    ) AS charge
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
