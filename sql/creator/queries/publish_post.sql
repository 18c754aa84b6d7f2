-- Publishing a draft: it stands in the home list, and is announced.

-- platformdb: personas="active subscribers"
SELECT
    posts.id,
    (SELECT max(published_at) FROM posts),
    (
        SELECT count(*) FROM subscriptions
        WHERE subscriptions.creator_id = posts.creator_id AND subscriptions.status = 'active'
    ) AS weight
FROM posts
WHERE posts.status = 'draft' AND posts.deleted_at IS NULL;

-- platformdb: target_ms=10 rollback=on
UPDATE posts SET status = 'published', published_at = $2 WHERE id = $1;
