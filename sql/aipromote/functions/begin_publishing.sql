-- What a worker calls first for a claimed job of the queue publishing: the post is publishing from now on, and here is
-- what to publish. No row: there is nothing to publish any more (cancelled, approval withdrawn), and the job is done.
CREATE OR REPLACE FUNCTION begin_publishing(claim bigint, job bigint)
RETURNS TABLE (
    scheduled_post_id uuid, organization_id uuid, platform text, body text, storage_key text, social_account_id uuid,
    handle text, key_id text, access_token_ciphertext bytea, access_token_nonce bytea
)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    post uuid := hold_post(claim, job);
BEGIN
    UPDATE scheduled_posts SET status = 'publishing', attempts = attempts + 1
    WHERE id = post AND status IN ('queued', 'publishing');
    IF NOT FOUND THEN
        PERFORM complete_jobs(begin_publishing.claim, ARRAY[job]);
        RETURN;
    END IF;
    RETURN QUERY
    SELECT p.id, p.organization_id, p.platform::text,
           coalesce(c.platform_variants -> p.platform::text ->> 'body', c.body), a.storage_key, s.id,
           s.handle, s.key_id, s.access_token_ciphertext, s.access_token_nonce
    FROM scheduled_posts AS p
    JOIN content_pieces AS c ON c.id = p.content_piece_id
    JOIN social_accounts AS s ON s.id = p.social_account_id
    LEFT JOIN assets AS a ON a.id = c.asset_id AND a.deleted_at IS NULL
    WHERE p.id = post;
END
$$;
