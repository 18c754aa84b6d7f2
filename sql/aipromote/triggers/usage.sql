-- A line of usage stays as it was charged; only its organization may go.
CREATE OR REPLACE TRIGGER refuse_change
    BEFORE UPDATE OF user_id, metric, amount, idempotency_key, created_at ON usage
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER refuse_other_organization
    BEFORE UPDATE OF organization_id ON usage
    FOR EACH ROW
    WHEN (NEW.organization_id IS NOT NULL AND NEW.organization_id IS DISTINCT FROM OLD.organization_id)
    EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE TRIGGER refuse_overuse
    AFTER INSERT ON usage
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_overuse();
