-- Content calendar: a page of what an organization publishes in three months, by its time.
--
-- Parameters: the organization, the first and the last instant, the cursor of the page before. The page far behind
-- costs what the first one does.

-- platformdb: persona=busiest
SELECT organization_id, begins, begins + interval '3 months', page_cursor('-infinity')
FROM (
    SELECT organization_id, count(*) AS weight,
           date_trunc('month', max(published_at)) - interval '2 months' AS begins
    FROM scheduled_posts
    WHERE status = 'published'
    GROUP BY organization_id
) AS ranked
ORDER BY weight DESC, organization_id
LIMIT 1;

-- platformdb: persona=median
SELECT organization_id, begins, begins + interval '3 months', page_cursor('-infinity')
FROM (
    SELECT *, row_number() OVER (ORDER BY weight, organization_id) AS place, count(*) OVER () AS places
    FROM (
        SELECT organization_id, count(*) AS weight,
               date_trunc('month', max(published_at)) - interval '2 months' AS begins
        FROM scheduled_posts
        WHERE status = 'published'
        GROUP BY organization_id
    ) AS counted
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT organization_id, begins, begins + interval '3 months', page_cursor('-infinity')
FROM (
    SELECT organization_id, count(*) AS weight,
           date_trunc('month', max(published_at)) - interval '2 months' AS begins
    FROM scheduled_posts
    WHERE status = 'published'
    GROUP BY organization_id
) AS ranked
ORDER BY weight, organization_id
LIMIT 1;

-- platformdb: persona=far_behind
SELECT organization_id, begins, begins + interval '3 months', (
    SELECT page_cursor(max(published_at) - interval '7 days') FROM scheduled_posts AS latest
    WHERE latest.organization_id = ranked.organization_id
)
FROM (
    SELECT organization_id, count(*) AS weight,
           date_trunc('month', max(published_at)) - interval '2 months' AS begins
    FROM scheduled_posts
    WHERE status = 'published'
    GROUP BY organization_id
) AS ranked
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
