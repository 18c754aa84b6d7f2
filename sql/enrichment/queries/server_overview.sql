-- Server overview: its members, who is there now, its channels, who talks, and how its last days were.

-- platformdb: personas="members of the server"
SELECT id, member_count AS weight, created_at AS since FROM servers;

-- platformdb: target_ms=50
SELECT
    s.name, s.icon_url, s.premium_tier, p.member_count, p.online_count,
    (SELECT count(*) FROM channels AS c WHERE c.server_id = s.id AND c.type <> 4 AND c.deleted_at IS NULL) AS channels,
    (SELECT count(*) FROM roles AS r WHERE r.server_id = s.id) AS roles,
    (SELECT avg(health_score) FROM community_health AS h WHERE h.server_id = s.id AND h.date > s.created_at) AS health
FROM servers AS s
JOIN server_presence AS p ON p.server_id = s.id
WHERE s.id = $1;
