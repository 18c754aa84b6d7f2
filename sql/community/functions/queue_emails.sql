-- Every mail to be sent has a job in the queue email, made in the same transaction: neither is there without the other.
-- A mail with another time gets another job; the old one finds that it is not due, or sent, and does nothing.
CREATE OR REPLACE FUNCTION queue_emails() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    payloads   jsonb[];
    priorities integer[];
    run_ats    timestamptz[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(mail.payload), array_agg(mail.priority), array_agg(mail.scheduled_at)
        INTO payloads, priorities, run_ats
        FROM (
            SELECT jsonb_build_object('email_job_id', id) AS payload, email_priority(email_type) AS priority, scheduled_at
            FROM new_rows WHERE status = 'pending'
        ) AS mail;
    ELSE
        SELECT array_agg(mail.payload), array_agg(mail.priority), array_agg(mail.scheduled_at)
        INTO payloads, priorities, run_ats
        FROM (
            SELECT
                jsonb_build_object('email_job_id', id) AS payload,
                email_priority(new_rows.email_type) AS priority,
                new_rows.scheduled_at
            FROM new_rows JOIN old_rows USING (id)
            WHERE new_rows.status = 'pending'
              AND (old_rows.status, old_rows.scheduled_at) IS DISTINCT FROM ('pending', new_rows.scheduled_at)
        ) AS mail;
    END IF;
    IF payloads IS NOT NULL THEN
        PERFORM enqueue_jobs('email', payloads, priorities => priorities, run_ats => run_ats);
    END IF;
    RETURN NULL;
END
$$;

-- 0 is the most urgent: somebody waits for it. What goes to everybody can wait.
CREATE OR REPLACE FUNCTION email_priority(of_type text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE of_type
        WHEN 'password_reset' THEN 0
        WHEN 'receipt' THEN 2
        WHEN 'digest' THEN 7
        WHEN 'newsletter' THEN 8
        ELSE 5
    END
$$;
