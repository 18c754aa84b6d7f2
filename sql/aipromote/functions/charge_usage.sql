-- Charges once per key; whether it was this time. Raises usage_within_plan where the plan does not allow it.
CREATE OR REPLACE FUNCTION charge_usage(
    user_id uuid, organization_id uuid, metric text, amount integer, idempotency_key text
) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO usage (user_id, organization_id, metric, amount, idempotency_key)
    VALUES (
        charge_usage.user_id, charge_usage.organization_id, charge_usage.metric::usage_metric, charge_usage.amount,
        charge_usage.idempotency_key
    )
    ON CONFLICT ON CONSTRAINT usage_user_id_idempotency_key_key DO NOTHING;
    RETURN FOUND;
END
$$;
