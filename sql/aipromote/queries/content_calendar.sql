-- Content calendar: a page of what an organization publishes in three months, by its time.

-- platformdb: personas="posts published"
SELECT organization_id, begins, begins + interval '3 months' AS ends, page_cursor('-infinity') AS cursor, weight
FROM (
    SELECT organization_id, count(*) AS weight, date_trunc('month', max(published_at), 'UTC') - interval '2 months' AS begins
    FROM scheduled_posts
    WHERE status = 'published'
    GROUP BY organization_id
) AS published;

-- platformdb: persona=far_behind
-- The last week of the organization that published most: it costs what the first page does.
SELECT organization_id, begins, begins + interval '3 months' AS ends, page_cursor(latest - interval '7 days') AS cursor
FROM (
    SELECT organization_id, count(*) AS weight, max(published_at) AS latest,
           date_trunc('month', max(published_at), 'UTC') - interval '2 months' AS begins
    FROM scheduled_posts
    WHERE status = 'published'
    GROUP BY organization_id
) AS published
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: target_ms=50
SELECT post.id, post.scheduled_at, post.status, post.platform, account.handle, piece.title, piece.content_type,
       page_cursor(post.scheduled_at, post.id) AS cursor
FROM scheduled_posts AS post
JOIN content_pieces AS piece ON piece.id = post.content_piece_id
JOIN social_accounts AS account ON account.id = post.social_account_id
WHERE post.organization_id = $1
  AND post.scheduled_at >= $2
  AND post.scheduled_at < $3
  AND (post.scheduled_at, post.id) > (cursor_at($4), cursor_id($4))
ORDER BY post.scheduled_at, post.id
LIMIT 50;
