-- Keeps roles.permissions what role_permissions says, when its rows are written.
-- The roles are locked first and added up in a statement after that: who waited sees what the others granted.
CREATE OR REPLACE FUNCTION update_role_mask() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    role_ids uuid[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE role_permissions', '{repeatable read,serializable}', 'READ COMMITTED');
        SELECT array_agg(id) INTO role_ids FROM roles WHERE permissions <> 0;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT role_id) INTO role_ids FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT role_id) INTO role_ids FROM old_rows;
    ELSE
        SELECT array_agg(role_id) INTO role_ids FROM (SELECT role_id FROM new_rows UNION SELECT role_id FROM old_rows) AS touched;
    END IF;

    IF role_ids IS NOT NULL THEN
        PERFORM 1 FROM roles WHERE id = ANY (role_ids) ORDER BY id FOR NO KEY UPDATE;
        UPDATE roles
        SET permissions = held.mask
        FROM (
            SELECT r.id, coalesce(bit_or(1::bigint << p.bit), 0) AS mask
            FROM unnest(role_ids) AS r (id)
            LEFT JOIN role_permissions AS rp ON rp.role_id = r.id
            LEFT JOIN permissions AS p ON p.name = rp.permission
            GROUP BY r.id
        ) AS held
        WHERE roles.id = held.id
          AND roles.permissions <> held.mask;
    END IF;
    RETURN NULL;
END
$$;
