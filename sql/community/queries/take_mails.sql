-- Mailer: claims the next mails that may be sent.

-- platformdb: persona=heaviest
SELECT 100;

-- platformdb: persona=median
SELECT 20;

-- platformdb: persona=least
SELECT 1;

-- platformdb: target_ms=100 rollback=on
SELECT job, email, email_type FROM take_emails('mailer', $1::integer);
