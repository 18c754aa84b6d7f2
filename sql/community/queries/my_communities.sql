-- My communities: where a user is a member, as he joined them.

-- platformdb: persona=busiest
SELECT user_id
FROM members
GROUP BY user_id
ORDER BY count(*) DESC, user_id
LIMIT 1;

-- platformdb: persona=median
SELECT user_id
FROM (
    SELECT user_id, row_number() OVER (ORDER BY count(*), user_id) AS place, count(*) OVER () AS places
    FROM members
    GROUP BY user_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT user_id
FROM members
GROUP BY user_id
ORDER BY count(*), user_id
LIMIT 1;

-- platformdb: target_ms=10
SELECT communities.id, communities.slug, communities.name, communities.members_count, members.role, members.joined_at
FROM members
JOIN communities ON communities.id = members.community_id
WHERE members.user_id = $1
ORDER BY members.joined_at DESC;
