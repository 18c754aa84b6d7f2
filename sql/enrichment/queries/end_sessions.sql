-- Clean-up job: the next 100 sessions that are over go.

-- platformdb: persona=heaviest
SELECT max(expires_at) AS now FROM user_sessions;

-- platformdb: persona=nothing
SELECT min(expires_at) AS now FROM user_sessions;

-- platformdb: target_ms=50 rollback=on
DELETE FROM user_sessions
WHERE id = ANY (ARRAY(SELECT id FROM user_sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT 100));
