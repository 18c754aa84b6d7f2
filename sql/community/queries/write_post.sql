-- Write: a member publishes a post, and his community sees it in its activity.

-- platformdb: personas="posts of the space"
SELECT spaces.id, spaces.community_id, members.user_id, latest.at AS now, count(posts.id) AS weight
FROM (SELECT max(created_at) AS at FROM posts) AS latest
CROSS JOIN spaces
JOIN members ON members.community_id = spaces.community_id AND members.role = 'owner'
LEFT JOIN posts ON posts.space_id = spaces.id
GROUP BY spaces.id, members.user_id, latest.at;

-- platformdb: target_ms=50 rollback=on
WITH written AS (
    INSERT INTO posts (space_id, community_id, author_id, title, content, status, published_at, created_at)
    VALUES ($1, $2, $3, 'On herons', repeat('They stand still and wait for what comes. ', 40), 'published', $4, $4)
    RETURNING id, community_id, author_id, title, published_at
)
INSERT INTO activity (community_id, user_id, type, post_id, metadata, created_at)
SELECT community_id, author_id, 'posted', id, jsonb_build_object('title', title), published_at FROM written;
