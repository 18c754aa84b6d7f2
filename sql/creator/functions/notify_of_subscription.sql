-- Creators are told of new subscribers.
CREATE OR REPLACE FUNCTION notify_of_subscription() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO notifications (user_id, actor_id, type, subscription_id)
    SELECT creator_id, subscriber_id, 'subscription', id
    FROM new_rows
    WHERE status = 'active'
    ORDER BY creator_id;
    RETURN NULL;
END
$$;
