CREATE OR REPLACE TRIGGER update_post_reposts_count_on_insert
    AFTER INSERT ON reposts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_reposts_count();

CREATE OR REPLACE TRIGGER update_post_reposts_count_on_update
    AFTER UPDATE ON reposts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_reposts_count();

CREATE OR REPLACE TRIGGER update_post_reposts_count_on_delete
    AFTER DELETE ON reposts
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_reposts_count();

CREATE OR REPLACE TRIGGER update_post_reposts_count_on_truncate
    AFTER TRUNCATE ON reposts
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_reposts_count();
