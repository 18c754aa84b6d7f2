-- My communities: where a user is a member, as he joined them.

-- platformdb: personas="communities joined"
SELECT users.id, count(members.user_id) AS weight, users.created_at AS since
FROM users
LEFT JOIN members ON members.user_id = users.id
GROUP BY users.id;

-- platformdb: target_ms=10
SELECT communities.id, communities.slug, communities.name, communities.members_count, members.role, members.joined_at
FROM members
JOIN communities ON communities.id = members.community_id
WHERE members.user_id = $1
ORDER BY members.joined_at DESC;
