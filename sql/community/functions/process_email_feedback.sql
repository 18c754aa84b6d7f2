-- Works through the provider's reports, oldest first: an address that bounced is not verified any more, and what waits
-- for it, or for one who complained, is not sent. Returns how many there were; again and again until 0. Several may
-- run: each takes what no other holds.
CREATE OR REPLACE FUNCTION process_email_feedback(batch integer DEFAULT 500) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    reports   uuid[];
    addresses text[];
    bounced   text[];
BEGIN
    SELECT
        array_agg(taken.id),
        array_agg(DISTINCT taken.email) FILTER (WHERE taken.type IN ('bounce', 'complaint')),
        array_agg(DISTINCT taken.email) FILTER (WHERE taken.type = 'bounce')
    INTO reports, addresses, bounced
    FROM (
        SELECT id, email, type FROM email_feedback
        WHERE NOT processed ORDER BY created_at, id LIMIT batch FOR UPDATE SKIP LOCKED
    ) AS taken;

    UPDATE email_feedback SET processed = TRUE WHERE id = ANY (reports);
    UPDATE users SET email_verified = NULL WHERE email = ANY (bounced) AND email_verified IS NOT NULL;
    UPDATE email_jobs SET status = 'suppressed', reason = email_stop(email, email_type)
    WHERE status = 'pending' AND email = ANY (addresses) AND email_stop(email, email_type) IS NOT NULL;
    RETURN coalesce(cardinality(reports), 0);
END
$$;
