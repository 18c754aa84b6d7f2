-- Leader board of a server: its 20 best.

-- platformdb: personas="scores"
SELECT servers.id, count(reputation_scores.server_id) AS weight, servers.created_at AS since
FROM servers
LEFT JOIN reputation_scores ON reputation_scores.server_id = servers.id
GROUP BY servers.id;

-- platformdb: target_ms=10 large=2000
SELECT u.id, u.username, r.score
FROM reputation_scores AS r
JOIN users AS u ON u.id = r.user_id
WHERE r.server_id = $1
ORDER BY r.score DESC
LIMIT 20;
