-- Every post that is scheduled counts for the plan of its organization's owner; cancelling it gives nothing back.
CREATE OR REPLACE FUNCTION charge_scheduled_posts() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO usage (user_id, organization_id, metric, amount, idempotency_key)
    SELECT organizations.user_id, organizations.id, 'scheduled_posts', 1, format('scheduled_post:%s', new_rows.id)
    FROM new_rows
    JOIN organizations ON organizations.id = new_rows.organization_id;
    RETURN NULL;
END
$$;
