-- Write: a user answers a comment, and its author is told.

-- platformdb: personas="comments on the post"
SELECT first.id, first.post_id, members.user_id, latest.at AS now, counted.weight
FROM (SELECT max(created_at) AS at FROM comments) AS latest
CROSS JOIN (SELECT post_id, count(*) AS weight FROM comments GROUP BY post_id) AS counted
JOIN LATERAL (SELECT id, post_id FROM comments WHERE post_id = counted.post_id ORDER BY created_at, id LIMIT 1) AS first ON TRUE
JOIN posts ON posts.id = counted.post_id
JOIN members ON members.community_id = posts.community_id AND members.role = 'owner';

-- platformdb: target_ms=50 rollback=on
WITH written AS (
    INSERT INTO comments (parent_id, post_id, author_id, content, created_at)
    VALUES ($1, $2, $3, 'They do, until the water moves.', $4)
    RETURNING id, post_id, parent_id, author_id, created_at
)
INSERT INTO notifications (user_id, type, actor_id, post_id, comment_id, data, created_at)
SELECT answered.author_id, 'reply', written.author_id, written.post_id, written.id, '{"title": "A reply"}', written.created_at
FROM written
JOIN comments AS answered ON answered.id = written.parent_id
WHERE answered.author_id <> written.author_id;
