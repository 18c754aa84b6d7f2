-- Expiring accounts: whose tokens have to be refreshed next.

-- platformdb: persona=heaviest
SELECT max(token_expires_at) AS before FROM social_accounts;

-- platformdb: persona=median
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY token_expires_at) AS before
FROM social_accounts
WHERE revoked_at IS NULL;

-- platformdb: persona=least
SELECT min(token_expires_at) + interval '1 day' AS before FROM social_accounts;

-- platformdb: target_ms=10
SELECT id, organization_id, platform, handle, token_expires_at, key_id, refresh_token_ciphertext, refresh_token_nonce
FROM social_accounts
WHERE revoked_at IS NULL
  AND token_expires_at < $1
ORDER BY token_expires_at
LIMIT 100;
