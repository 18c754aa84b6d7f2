-- Administration: the 50 newest accounts before an instant.

-- platformdb: persona=heaviest
SELECT max(created_at) + interval '1 second' AS before FROM users;

-- platformdb: persona=last_page
SELECT percentile_disc(0.1) WITHIN GROUP (ORDER BY created_at) AS before FROM users;

-- platformdb: target_ms=10
SELECT id, username, verified, created_at
FROM users
WHERE created_at < $1
ORDER BY created_at DESC
LIMIT 50;
