-- Following back: two who follow each other become friends.

-- platformdb: personas="followers"
SELECT
    user_follows.following_id,
    -- The smallest of those whom he does not follow yet.
    min(user_follows.follower_id::text)::uuid,
    count(*) AS weight
FROM user_follows
WHERE NOT EXISTS (
    SELECT FROM user_follows AS back
    WHERE back.follower_id = user_follows.following_id AND back.following_id = user_follows.follower_id
)
GROUP BY user_follows.following_id;

-- platformdb: target_ms=10 rollback=on
INSERT INTO user_follows (follower_id, following_id) VALUES ($1, $2);
