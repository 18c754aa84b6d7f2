-- Subscribers: who subscribes to a creator now, newest first, a page of 20.

-- platformdb: personas="active subscribers"
SELECT users.id, page_cursor('infinity'), coalesce(following.subscribers, 0) AS weight, users.created_at AS since
FROM users
LEFT JOIN (
    SELECT creator_id, count(*) AS subscribers FROM subscriptions WHERE status = 'active' GROUP BY creator_id
) AS following ON following.creator_id = users.id
WHERE users.role = 'creator';

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
SELECT
    subscriber_id,
    (SELECT username FROM users WHERE users.id = subscriber_id) AS username,
    subscribed_at,
    page_cursor(subscribed_at, id) AS next_page
FROM subscriptions
WHERE creator_id = $1
  AND status = 'active'
  AND (subscribed_at, id) < (cursor_at($2), cursor_id($2))
ORDER BY subscribed_at DESC, id DESC
LIMIT 20;
