-- Administration: the 50 who joined any server last.

-- platformdb: persona=heaviest
SELECT max(joined_at) + interval '1 second' AS before FROM server_members;

-- platformdb: persona=last_page
SELECT percentile_disc(0.1) WITHIN GROUP (ORDER BY joined_at) AS before FROM server_members;

-- platformdb: target_ms=10
SELECT server_id, user_id, joined_at
FROM server_members
WHERE joined_at < $1
ORDER BY joined_at DESC
LIMIT 50;
