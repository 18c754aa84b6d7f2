-- Gives new users the quota of the default tier, or 1 GiB where no tier is the default yet.
CREATE OR REPLACE FUNCTION create_storage_usage_on_user_insert() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO storage_usage (user_id, quota_bytes)
    SELECT
        new_rows.id,
        coalesce((SELECT quota_bytes FROM subscription_tiers WHERE is_default), 1024 * 1024 * 1024)
    FROM new_rows
    -- A statement that inserts users and their storage_usage together has the say.
    ON CONFLICT (user_id) DO NOTHING;
    RETURN NULL;
END
$$;
