-- Cancelling: the row stays as the history of the two.

-- platformdb: personas="subscriptions of the subscriber"
SELECT
    (array_agg(id ORDER BY subscribed_at DESC, id) FILTER (WHERE status = 'active'))[1],
    max(subscribed_at),
    count(*) AS weight
FROM subscriptions
GROUP BY subscriber_id
HAVING bool_or(status = 'active');

-- platformdb: target_ms=10 rollback=on
UPDATE subscriptions SET status = 'cancelled', cancelled_at = $2 WHERE id = $1;
