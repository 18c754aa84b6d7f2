-- What a mailer does, in three calls: take some mails, send each, say what came of it.
--
-- A mail is judged when it is taken, not when it was written: who unsubscribed meanwhile gets none. A mailer that dies
-- between sending and saying so leaves a mail that is taken again; give the provider idempotency_key, so that it
-- knows the second one.

-- Claims mails that are due, and leaves out what must not or need not be sent; those are done.
CREATE OR REPLACE FUNCTION take_emails(worker text, batch integer DEFAULT 20)
RETURNS TABLE (
    job bigint, claim bigint, email_job_id uuid, idempotency_key text, email text, email_type text, payload jsonb
)
LANGUAGE plpgsql
AS $$
DECLARE
    jobs_claimed bigint[];
    mails        uuid[];
    of_claim     bigint;
    needless     bigint[];
    claimed_at   timestamptz;
BEGIN
    SELECT array_agg(c.id ORDER BY c.id), array_agg((c.payload ->> 'email_job_id')::uuid ORDER BY c.id), max(c.claim)
    INTO jobs_claimed, mails, of_claim
    FROM claim_jobs('email', worker, batch) AS c;
    IF jobs_claimed IS NULL THEN
        RETURN;
    END IF;
    -- Not now(), the time at which the transaction began: a mail that was written since then, and claimed here, would
    -- count as not due, its job as needless, and nobody would send it.
    claimed_at := clock_timestamp();

    UPDATE email_jobs AS m SET status = 'suppressed', reason = email_stop(m.email, m.email_type)
    WHERE m.id = ANY (mails) AND m.status = 'pending' AND m.scheduled_at <= claimed_at
      AND email_stop(m.email, m.email_type) IS NOT NULL;

    SELECT array_agg(c.job) INTO needless
    FROM unnest(jobs_claimed, mails) AS c (job, mail)
    LEFT JOIN email_jobs AS m ON m.id = c.mail AND m.status = 'pending' AND m.scheduled_at <= claimed_at
    WHERE m.id IS NULL;
    IF needless IS NOT NULL THEN
        PERFORM complete_jobs(of_claim, needless);
    END IF;

    RETURN QUERY
    SELECT c.job, of_claim, m.id, m.idempotency_key, m.email, m.email_type, m.payload
    FROM unnest(jobs_claimed, mails) AS c (job, mail)
    JOIN email_jobs AS m ON m.id = c.mail AND m.status = 'pending' AND m.scheduled_at <= claimed_at;
END
$$;

-- These mails were sent. Refused, and nothing changes, when the claim is lost: another mailer has them by then.
CREATE OR REPLACE FUNCTION emails_sent(of_claim bigint, done bigint[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE email_jobs SET status = 'sent', sent_at = now(), reason = NULL
    FROM jobs
    WHERE jobs.id = ANY (done) AND email_jobs.id = (jobs.payload ->> 'email_job_id')::uuid
      AND email_jobs.status = 'pending';
    PERFORM complete_jobs(of_claim, done);
END
$$;

-- These could not be sent, for these reasons: they come again later, or, after the last attempt, have failed.
CREATE OR REPLACE FUNCTION emails_failed(of_claim bigint, failed bigint[], errors text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    mails uuid[];
BEGIN
    SELECT array_agg((jobs.payload ->> 'email_job_id')::uuid ORDER BY f.place) INTO mails
    FROM unnest(failed) WITH ORDINALITY AS f (job, place) LEFT JOIN jobs ON jobs.id = f.job;

    UPDATE email_jobs SET status = 'failed', reason = f.error
    FROM fail_jobs(of_claim, failed, errors) AS result
    JOIN unnest(failed, mails, errors) AS f (job, mail, error) ON f.job = result.id
    WHERE result.retry_at IS NULL AND email_jobs.id = f.mail AND email_jobs.status = 'pending';
END
$$;
