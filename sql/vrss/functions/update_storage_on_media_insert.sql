-- Uploads: charges each uploader once per statement.
CREATE OR REPLACE FUNCTION update_storage_on_media_insert() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM charge_storage(array_agg(charge.user_id), array_agg(charge.bytes))
    FROM (
        SELECT user_id, sum(size_bytes) AS bytes
        FROM new_rows
        GROUP BY user_id
        HAVING sum(size_bytes) <> 0
    ) AS charge
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
