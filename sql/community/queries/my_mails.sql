-- Support: the 50 newest mails to a user, with what the provider reported.

-- platformdb: personas="mails"
SELECT users.id, count(email_jobs.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN email_jobs ON email_jobs.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=50
SELECT
    email_jobs.id, email_jobs.email_type, email_jobs.status, email_jobs.created_at,
    ARRAY(SELECT type FROM email_feedback WHERE email_job_id = email_jobs.id ORDER BY created_at) AS reports
FROM email_jobs
WHERE email_jobs.user_id = $1
ORDER BY email_jobs.created_at DESC
LIMIT 50;
