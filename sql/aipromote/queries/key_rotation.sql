-- Key rotation: the next accounts to be encrypted anew, of those that hang on a key.

-- platformdb: personas="accounts"
SELECT key_id, accounts AS weight FROM encryption_key_use;

-- platformdb: target_ms=10
SELECT id, access_token_ciphertext, access_token_nonce, refresh_token_ciphertext, refresh_token_nonce
FROM social_accounts
WHERE key_id = $1
ORDER BY id
LIMIT 100;
