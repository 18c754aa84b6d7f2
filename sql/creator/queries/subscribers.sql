-- Subscribers: who subscribes to a creator now, newest first, a page of 20.

-- platformdb: persona=heaviest
SELECT creator_id, page_cursor('infinity')
FROM subscriptions
WHERE status = 'active'
GROUP BY creator_id
ORDER BY count(*) DESC, creator_id
LIMIT 1;

-- platformdb: persona=median
SELECT creator_id, page_cursor('infinity')
FROM (
    SELECT creator_id, row_number() OVER (ORDER BY count(*), creator_id) AS place, count(*) OVER () AS places
    FROM subscriptions
    WHERE status = 'active'
    GROUP BY creator_id
) AS ranked
WHERE place = (places + 1) / 2;

-- platformdb: persona=quiet
SELECT creator_id, page_cursor('infinity')
FROM subscriptions
WHERE status = 'active'
GROUP BY creator_id
ORDER BY count(*), creator_id
LIMIT 1;

-- platformdb: persona=last_page
SELECT creator_id, page_cursor(subscribed_at, id)
FROM subscriptions
WHERE status = 'active' AND creator_id = (
    SELECT creator_id FROM subscriptions WHERE status = 'active' GROUP BY 1 ORDER BY count(*) DESC, creator_id LIMIT 1
)
ORDER BY subscribed_at, id
OFFSET 20
LIMIT 1;

-- platformdb: target_ms=50
SELECT users.id, users.username, page.subscribed_at, page_cursor(page.subscribed_at, page.id) AS next_page
FROM (
    SELECT id, subscriber_id, subscribed_at
    FROM subscriptions
    WHERE creator_id = $1
      AND status = 'active'
      AND (subscribed_at, id) < (cursor_at($2), cursor_id($2))
    ORDER BY subscribed_at DESC, id DESC
    LIMIT 20
) AS page
JOIN users ON users.id = page.subscriber_id
ORDER BY page.subscribed_at DESC, page.id DESC;
