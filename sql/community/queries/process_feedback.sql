-- Mailer: works through what the provider reported.

-- platformdb: persona=heaviest
SELECT 500;

-- platformdb: persona=least
SELECT 1;

-- platformdb: target_ms=500 rollback=on
SELECT process_email_feedback($1::integer);
