-- Clean-up job: the oldest mails of a type that were sent before an instant go.

-- platformdb: personas="mails sent"
SELECT email_type, percentile_disc(0.1) WITHIN GROUP (ORDER BY created_at) AS before, count(*) AS weight
FROM email_jobs
WHERE status = 'sent'
GROUP BY email_type;

-- platformdb: target_ms=500 rollback=on
DELETE FROM email_jobs
WHERE id = ANY (ARRAY(
    SELECT id FROM email_jobs WHERE email_type = $1 AND status = 'sent' AND created_at < $2 ORDER BY created_at LIMIT 100
));
