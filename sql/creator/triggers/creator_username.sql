-- platformdb: requires=003
CREATE OR REPLACE TRIGGER set_creator_username
    BEFORE INSERT OR UPDATE OF creator_id, creator_username ON posts
    FOR EACH ROW
    EXECUTE FUNCTION set_creator_username();

CREATE OR REPLACE TRIGGER update_creator_username
    AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_creator_username();
