-- Mails: the 50 newest of one type, and what became of them.

-- platformdb: personas="mails of the type"
SELECT email_type, count(*) AS weight FROM email_jobs GROUP BY email_type;

-- platformdb: target_ms=50
SELECT id, email, status, reason, created_at, sent_at
FROM email_jobs
WHERE email_type = $1
ORDER BY created_at DESC
LIMIT 50;
