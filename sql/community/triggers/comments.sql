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

CREATE OR REPLACE TRIGGER keep_replies_below_on_insert
    BEFORE INSERT ON comments
    FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL)
    EXECUTE FUNCTION keep_replies_below();

CREATE OR REPLACE TRIGGER keep_replies_below_on_update
    BEFORE UPDATE OF parent_id ON comments
    FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id)
    EXECUTE FUNCTION keep_replies_below();
