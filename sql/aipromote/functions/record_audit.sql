-- The audit trail: who did what to which row. One function for all audited tables, one run per statement.
--
-- changes is {"column": {"from": …, "to": …}}; a deleted row has only from, a new row no changes. Of secrets and of
-- long values it tells only that they changed: {"column": {}}.
CREATE OR REPLACE FUNCTION record_audit() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    who text := left(coalesce(nullif(current_setting('aipromote.actor', true), ''), session_user), 120);
    -- The column that names the row's organization; accounts have none.
    organization text := CASE TG_TABLE_NAME WHEN 'organizations' THEN 'id' ELSE 'organization_id' END;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_log (actor, organization_id, table_name, object_id, action, changes)
        SELECT who, (present ->> organization)::uuid, TG_TABLE_NAME, present ->> 'id', 'insert', '{}'
        FROM (SELECT to_jsonb(new_rows) AS present FROM new_rows) AS added;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_log (actor, organization_id, table_name, object_id, action, changes)
        SELECT who, (past ->> organization)::uuid, TG_TABLE_NAME, past ->> 'id', 'delete', audit_changes(past, NULL)
        FROM (SELECT to_jsonb(old_rows) AS past FROM old_rows) AS removed;
    ELSE
        INSERT INTO audit_log (actor, organization_id, table_name, object_id, action, changes)
        SELECT who, (present ->> organization)::uuid, TG_TABLE_NAME, present ->> 'id', 'update', changes
        FROM (SELECT to_jsonb(old_rows) AS past FROM old_rows) AS before
        JOIN (SELECT to_jsonb(new_rows) AS present FROM new_rows) AS after ON present ->> 'id' = past ->> 'id'
        CROSS JOIN LATERAL audit_changes(past, present) AS changes
        WHERE changes <> '{}';
    END IF;
    RETURN NULL;
END
$$;
