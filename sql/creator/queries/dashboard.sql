-- Dashboard: a creator's numbers as of the last refresh, and the five posts published last.

-- platformdb: personas="posts published"
SELECT numbers.creator_id, numbers.posts_count AS weight, users.created_at AS since
FROM creator_statistics AS numbers
JOIN users ON users.id = numbers.creator_id;

-- platformdb: target_ms=10
SELECT
    numbers.posts_count, numbers.drafts_count, numbers.archived_count, numbers.comments_count,
    numbers.subscribers_count, numbers.cancelled_count, numbers.last_published_at, numbers.last_subscribed_at,
    refreshed.finished_at AS as_of,
    latest.title, latest.published_at, latest.comments_count AS post_comments_count
FROM creator_statistics AS numbers
LEFT JOIN (
    SELECT finished_at FROM statistics_refreshes ORDER BY started_at DESC LIMIT 1
) AS refreshed ON TRUE
LEFT JOIN LATERAL (
    SELECT title, published_at, comments_count
    FROM posts
    -- Without a date there is nothing published: drafts would come first.
    WHERE posts.creator_id = numbers.creator_id AND published_at < 'infinity' AND deleted_at IS NULL
    ORDER BY published_at DESC, id DESC
    LIMIT 5
) AS latest ON TRUE
WHERE numbers.creator_id = $1;
