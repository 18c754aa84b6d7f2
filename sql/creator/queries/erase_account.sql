-- Erasing an account: it goes for good with its posts and subscriptions; what it said elsewhere stays without its name.

-- platformdb: personas="posts, comments and subscriptions"
SELECT
    users.id,
    (SELECT count(*) FROM posts WHERE posts.creator_id = users.id)
    + (SELECT count(*) FROM comments WHERE comments.user_id = users.id)
    + (SELECT count(*) FROM subscriptions WHERE subscriptions.subscriber_id = users.id)
    + (SELECT count(*) FROM subscriptions WHERE subscriptions.creator_id = users.id) AS weight,
    users.created_at AS since
FROM users;

-- platformdb: target_ms=1000 rollback=on
DELETE FROM users WHERE id = $1;
