-- Social accounts for everybody who does not publish: no ciphertext, no nonce. Grant this instead of the table.
CREATE OR REPLACE VIEW connected_accounts AS
SELECT id, organization_id, founder_id, platform, handle, external_id, can_publish, can_read_analytics,
       CASE
           WHEN revoked_at IS NOT NULL THEN 'revoked'
           WHEN token_expires_at <= now() THEN 'expired'
           ELSE 'connected'
       END AS state,
       refresh_token_ciphertext IS NOT NULL AS can_refresh, token_expires_at, connected_at, revoked_at
FROM social_accounts;

COMMENT ON VIEW connected_accounts IS 'Social accounts and how they are, without their credentials.';
