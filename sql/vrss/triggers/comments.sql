CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON comments
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER update_post_comments_count_on_insert
    AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_comments_count();

CREATE OR REPLACE TRIGGER update_post_comments_count_on_update
    AFTER UPDATE ON comments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_comments_count();

CREATE OR REPLACE TRIGGER update_post_comments_count_on_delete
    AFTER DELETE ON comments
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_comments_count();

CREATE OR REPLACE TRIGGER update_post_comments_count_on_truncate
    AFTER TRUNCATE ON comments
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_comments_count();
