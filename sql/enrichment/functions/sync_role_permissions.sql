-- Keeps role_permissions what roles.permissions says, when the mask is written.
-- update_role_mask() goes the other way; where both already agree each has nothing to do, and that is where they end.
CREATE OR REPLACE FUNCTION sync_role_permissions() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM role_permissions AS held
        USING new_rows AS role, permissions AS p
        WHERE held.role_id = role.id
          AND p.name = held.permission
          AND role.permissions & (1::bigint << p.bit) = 0;
    END IF;
    INSERT INTO role_permissions (role_id, permission)
    SELECT role.id, p.name
    FROM new_rows AS role
    JOIN permissions AS p ON role.permissions & (1::bigint << p.bit) <> 0
    WHERE NOT EXISTS (SELECT FROM role_permissions AS held WHERE held.role_id = role.id AND held.permission = p.name)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
