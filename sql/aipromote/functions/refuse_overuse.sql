-- Plan limits: a charge that would exceed the plan's limit of its month is refused, whatever its way in; so is one for
-- an organization of somebody else.
--
-- The users are locked in the order of their ids, and judged in a statement after that, which sees what was charged
-- while this one waited. Their plan is in the same row: no plan changes between the look and the charge.
CREATE OR REPLACE FUNCTION refuse_overuse() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    refused record;
BEGIN
    PERFORM refuse_isolation('charging usage', '{repeatable read}', 'READ COMMITTED or SERIALIZABLE');
    SELECT new_rows.user_id, new_rows.organization_id INTO refused
    FROM new_rows
    JOIN organizations ON organizations.id = new_rows.organization_id AND organizations.user_id <> new_rows.user_id
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'organization % is not one of user %, who would pay', refused.organization_id, refused.user_id
            USING ERRCODE = 'foreign_key_violation', TABLE = 'usage', COLUMN = 'organization_id',
                  CONSTRAINT = 'usage_of_own_organization', HINT = 'Charge organizations.user_id.';
    END IF;

    PERFORM 1 FROM users WHERE id IN (SELECT user_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;

    SELECT charge.user_id, charge.metric, charge.asked, users.plan, total.used,
           plan_limit(users.plan::text, charge.metric::text) AS allowed
    INTO refused
    FROM (
        SELECT user_id, metric, period, sum(amount) AS asked FROM new_rows GROUP BY user_id, metric, period
    ) AS charge
    JOIN users ON users.id = charge.user_id
    CROSS JOIN LATERAL (
        SELECT sum(amount) AS used FROM usage
        WHERE usage.user_id = charge.user_id AND usage.period = charge.period AND usage.metric = charge.metric
    ) AS total
    -- Giving back is always allowed, also above the limit of a smaller plan, but not more than was charged.
    WHERE (charge.asked > 0 AND total.used > plan_limit(users.plan::text, charge.metric::text)) OR total.used < 0
    ORDER BY charge.user_id, charge.metric
    LIMIT 1;

    IF FOUND AND refused.used < 0 THEN
        RAISE EXCEPTION 'user % gives back % % more than were charged', refused.user_id, -refused.used, refused.metric
            USING ERRCODE = 'check_violation', TABLE = 'usage', COLUMN = 'amount', CONSTRAINT = 'usage_not_negative';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'plan limit reached: user % has % % left this month, % asked',
            refused.user_id, greatest(refused.allowed - refused.used + refused.asked, 0), refused.metric, refused.asked
            USING ERRCODE = 'check_violation', TABLE = 'usage', COLUMN = 'amount', CONSTRAINT = 'usage_within_plan',
                  DETAIL = format('Plan %s allows %s a month.', refused.plan, refused.allowed),
                  HINT = 'Wait for the next month, or take a larger plan.';
    END IF;
    RETURN NULL;
END
$$;
