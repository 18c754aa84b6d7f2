-- Due mails: the next 100 that wait to be sent.

-- platformdb: persona=heaviest
-- As if all that waits were due.
SELECT max(scheduled_at) AS now FROM email_jobs;

-- platformdb: persona=median
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY scheduled_at) AS now FROM email_jobs WHERE status = 'pending';

-- platformdb: persona=nothing
SELECT min(scheduled_at) AS now FROM email_jobs;

-- platformdb: target_ms=10
SELECT id, email, email_type, scheduled_at
FROM email_jobs
WHERE status = 'pending' AND scheduled_at <= $1
ORDER BY scheduled_at
LIMIT 100;
