-- Bookmarks: the posts that a user has marked, newest mark first.

-- platformdb: personas="bookmarks"
SELECT user_id, count(*) AS weight FROM post_interactions WHERE type = 'bookmark' GROUP BY user_id;

-- platformdb: target_ms=50
SELECT posts.*
FROM (
    SELECT post_id, created_at
    FROM post_interactions
    WHERE user_id = $1 AND type = 'bookmark'
    ORDER BY created_at DESC
    LIMIT 20
) AS page
JOIN posts ON posts.id = page.post_id
ORDER BY page.created_at DESC;
