-- users.plan follows subscriptions and nothing else: who sets it to another plan is refused.
CREATE OR REPLACE FUNCTION guard_user_plan() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    live plan;
BEGIN
    SELECT subscriptions.plan INTO live
    FROM subscriptions
    WHERE user_id = NEW.id AND status IN ('trialing', 'active', 'past_due');
    IF NEW.plan <> coalesce(live, 'free') THEN
        RAISE EXCEPTION 'user % is on plan %, not %', NEW.id, coalesce(live, 'free'), NEW.plan
            USING ERRCODE = 'check_violation', TABLE = 'users', COLUMN = 'plan',
                  CONSTRAINT = 'users_plan_of_subscription',
                  HINT = 'Insert or change the subscription; the plan follows.';
    END IF;
    RETURN NEW;
END
$$;
