-- Write: a mail is put in the queue, with its job.

-- platformdb: personas="communities joined"
SELECT users.id, count(members.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN members ON members.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=10 rollback=on
INSERT INTO email_jobs (idempotency_key, user_id, email, email_type, payload)
SELECT 'reply:' || id, id, email, 'reply', '{"subject": "Somebody answered"}' FROM users WHERE id = $1;
