-- Every encryption uses a nonce up: one that was ever used with the key is refused by the primary key of
-- encryption_nonces, so is new ciphertext under the old nonce. Retired keys encrypt nothing new.
CREATE OR REPLACE FUNCTION record_nonces() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    key_ids text[];
    nonces  bytea[];
    retired text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(used.key_id ORDER BY used.key_id, used.nonce),
               array_agg(used.nonce ORDER BY used.key_id, used.nonce)
        INTO key_ids, nonces
        FROM (
            SELECT key_id, access_token_nonce AS nonce FROM new_rows
            UNION ALL
            SELECT key_id, refresh_token_nonce FROM new_rows
        ) AS used
        WHERE used.nonce IS NOT NULL;
    ELSE
        SELECT array_agg(used.key_id ORDER BY used.key_id, used.nonce),
               array_agg(used.nonce ORDER BY used.key_id, used.nonce)
        INTO key_ids, nonces
        FROM (
            SELECT id, 'access' AS token, key_id, access_token_nonce AS nonce, access_token_ciphertext AS ciphertext
            FROM new_rows
            UNION ALL
            SELECT id, 'refresh', key_id, refresh_token_nonce, refresh_token_ciphertext FROM new_rows
            EXCEPT ALL (
                SELECT id, 'access', key_id, access_token_nonce, access_token_ciphertext FROM old_rows
                UNION ALL
                SELECT id, 'refresh', key_id, refresh_token_nonce, refresh_token_ciphertext FROM old_rows
            )
        ) AS used
        WHERE used.nonce IS NOT NULL;
    END IF;

    IF key_ids IS NULL THEN
        RETURN NULL;
    END IF;
    -- A key that is being retired now is waited for.
    PERFORM 1 FROM encryption_keys WHERE id = ANY (key_ids) ORDER BY id FOR SHARE;
    SELECT id INTO retired FROM encryption_keys WHERE id = ANY (key_ids) AND retired_at IS NOT NULL ORDER BY id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'encryption key % is retired', retired
            USING ERRCODE = 'check_violation', TABLE = 'social_accounts', COLUMN = 'key_id',
                  CONSTRAINT = 'social_accounts_key_in_use', HINT = 'Encrypt with a key whose retired_at is null.';
    END IF;
    -- In the order of keys and nonces: two who use the same ones queue up instead of waiting in a circle.
    INSERT INTO encryption_nonces (key_id, nonce)
    SELECT key_id, nonce FROM unnest(key_ids, nonces) AS used (key_id, nonce);
    RETURN NULL;
END
$$;
