-- Asks for content or for a strategy: charges the organization's owner and enqueues the job in one transaction, once
-- per key. Over the plan's limit nothing is enqueued, and the error is usage_within_plan.
CREATE OR REPLACE FUNCTION request_generation(organization_id uuid, queue text, payload jsonb, idempotency_key text)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
    owner uuid;
BEGIN
    SELECT user_id INTO owner FROM organizations WHERE id = request_generation.organization_id AND deleted_at IS NULL;
    IF owner IS NULL THEN
        RAISE EXCEPTION 'there is no organization %', organization_id
            USING ERRCODE = 'foreign_key_violation', TABLE = 'organizations', CONSTRAINT = 'organizations_exist';
    END IF;
    PERFORM charge_usage(
        owner, organization_id,
        CASE queue WHEN 'strategy_generation' THEN 'strategy_generations' ELSE 'content_generations' END,
        1, idempotency_key
    );
    RETURN enqueue_job(
        queue,
        payload || jsonb_build_object('organization_id', organization_id),
        format('%s:%s', owner, idempotency_key)
    );
END
$$;
