-- Keeps users.plan: that of the live subscription, free without one.
CREATE OR REPLACE FUNCTION sync_user_plan() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    user_ids uuid[];
BEGIN
    PERFORM refuse_isolation('changing subscriptions', '{repeatable read}', 'READ COMMITTED or SERIALIZABLE');
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT user_id) INTO user_ids FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT user_id) INTO user_ids FROM old_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT array_agg(user_id) INTO user_ids
        FROM (SELECT user_id FROM new_rows UNION SELECT user_id FROM old_rows) AS touched;
    ELSE
        SELECT array_agg(id) INTO user_ids FROM users WHERE plan <> 'free';
    END IF;

    -- Nobody else is changing the live subscription of these users now: their rows, or the index that allows one of
    -- them, have made him wait. So this statement's snapshot has the last word.
    UPDATE users
    SET plan = found.plan
    FROM (
        SELECT users.id, coalesce(live.plan, 'free') AS plan
        FROM users
        LEFT JOIN subscriptions AS live
               ON live.user_id = users.id AND live.status IN ('trialing', 'active', 'past_due')
        WHERE users.id = ANY (user_ids)
    ) AS found
    WHERE users.id = found.id AND users.plan <> found.plan;
    RETURN NULL;
END
$$;
