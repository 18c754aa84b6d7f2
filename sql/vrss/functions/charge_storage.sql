-- Adds bytes to what users store, and refuses what would exceed a quota. The rows are locked in the order of their
-- users first and judged in a statement after that: concurrent uploads are judged one after the other.
CREATE OR REPLACE FUNCTION charge_storage(user_ids uuid[], deltas numeric[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    refused record;
BEGIN
    PERFORM 1 FROM storage_usage WHERE user_id = ANY (user_ids) ORDER BY user_id FOR NO KEY UPDATE;

    -- Only who asks for more is judged: a user above a lowered quota can still delete, and so can one whose account
    -- is being deleted, whose storage_usage may be gone already.
    SELECT charge.user_id, charge.bytes, usage.quota_bytes, usage.used_bytes
    INTO refused
    FROM unnest(user_ids, deltas) AS charge (user_id, bytes)
    LEFT JOIN storage_usage AS usage ON usage.user_id = charge.user_id
    WHERE charge.bytes > 0
      AND (usage.user_id IS NULL OR usage.used_bytes + charge.bytes > usage.quota_bytes)
    ORDER BY charge.user_id
    LIMIT 1;

    IF FOUND AND refused.quota_bytes IS NULL THEN
        RAISE EXCEPTION 'no storage quota: user % has no row in storage_usage, % bytes asked',
            refused.user_id, refused.bytes
            USING ERRCODE = 'check_violation',
                  TABLE = 'storage_usage',
                  COLUMN = 'quota_bytes',
                  CONSTRAINT = 'storage_usage_has_quota',
                  HINT = 'Insert the user''s row in storage_usage first.';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'storage quota exceeded: user % has % bytes left, % asked',
            refused.user_id, greatest(refused.quota_bytes - refused.used_bytes, 0), refused.bytes
            USING ERRCODE = 'check_violation',
                  TABLE = 'storage_usage',
                  COLUMN = 'used_bytes',
                  CONSTRAINT = 'storage_usage_within_quota',
                  DETAIL = format('%s of %s bytes are used.', refused.used_bytes, refused.quota_bytes),
                  HINT = 'Delete media, or raise storage_usage.quota_bytes with a larger subscription.';
    END IF;

    UPDATE storage_usage
    SET used_bytes = used_bytes + charge.bytes
    FROM unnest(user_ids, deltas) AS charge (user_id, bytes)
    WHERE storage_usage.user_id = charge.user_id;
END
$$;
