-- Subscribing: the creator is told.

-- platformdb: personas="active subscribers"
SELECT
    creators.id,
    reader.id,
    (
        SELECT count(*) FROM subscriptions
        WHERE subscriptions.creator_id = creators.id AND subscriptions.status = 'active'
    ) AS weight
FROM users AS creators
-- The last who came, where he does not subscribe already.
CROSS JOIN (SELECT id FROM users WHERE role = 'subscriber' ORDER BY created_at DESC, id LIMIT 1) AS reader
WHERE creators.role = 'creator' AND NOT EXISTS (
    SELECT FROM subscriptions
    WHERE subscriptions.creator_id = creators.id AND subscriptions.subscriber_id = reader.id
      AND subscriptions.status = 'active'
);

-- platformdb: target_ms=10 rollback=on
INSERT INTO subscriptions (creator_id, subscriber_id) VALUES ($1, $2);
