-- Write: a user joins a community.

-- platformdb: personas="members"
SELECT communities.id, newcomer.id AS user_id, newcomer.created_at AS now, communities.members_count AS weight
FROM communities
CROSS JOIN LATERAL (
    SELECT users.id, users.created_at FROM users
    WHERE NOT EXISTS (SELECT FROM members WHERE members.user_id = users.id AND members.community_id = communities.id)
    ORDER BY users.created_at DESC, users.id DESC
    LIMIT 1
) AS newcomer;

-- platformdb: target_ms=10 rollback=on
WITH joined AS (
    INSERT INTO members (community_id, user_id, joined_at) VALUES ($1, $2, $3)
    RETURNING community_id, user_id, joined_at
)
INSERT INTO activity (community_id, user_id, type, created_at) SELECT community_id, user_id, 'joined', joined_at FROM joined;
