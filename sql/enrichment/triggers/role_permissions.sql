CREATE OR REPLACE TRIGGER update_role_mask_on_insert
    AFTER INSERT ON role_permissions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_role_mask();

CREATE OR REPLACE TRIGGER update_role_mask_on_update
    AFTER UPDATE ON role_permissions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_role_mask();

CREATE OR REPLACE TRIGGER update_role_mask_on_delete
    AFTER DELETE ON role_permissions
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_role_mask();

CREATE OR REPLACE TRIGGER update_role_mask_on_truncate
    AFTER TRUNCATE ON role_permissions
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_role_mask();
