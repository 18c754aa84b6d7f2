-- Mailer: claims the next mails that may be sent.

-- platformdb: persona=heaviest
SELECT 100;

-- platformdb: persona=median
SELECT 20;

-- platformdb: persona=least
SELECT 1;

-- One claim in ten looks first for what waits too long, by chance; here none does, so that all runs do the same.
-- platformdb: target_ms=100 rollback=on
SELECT job, email, email_type FROM take_emails('mailer' || setseed(0.5)::text, $1::integer);
