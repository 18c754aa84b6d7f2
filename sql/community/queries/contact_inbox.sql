-- Contact inbox: the 20 newest messages of all types.

-- platformdb: persona=heaviest
SELECT max(created_at) + interval '1 second' AS before FROM contact_submissions;

-- platformdb: persona=last_page
SELECT percentile_disc(0.05) WITHIN GROUP (ORDER BY created_at) AS before FROM contact_submissions;

-- platformdb: target_ms=10
SELECT id, name, email, inquiry_type, status, left(message, 120) AS beginning, created_at
FROM contact_submissions
WHERE created_at < $1
ORDER BY created_at DESC
LIMIT 20;
