-- Not where archiving moves a reply, which has its depth already.
CREATE OR REPLACE TRIGGER set_comment_depth
    BEFORE INSERT ON comments
    FOR EACH ROW
    WHEN (NEW.parent_comment_id IS NOT NULL AND NEW.depth = 0)
    EXECUTE FUNCTION set_comment_depth();

CREATE OR REPLACE TRIGGER refuse_reused_id
    AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_reused_id();

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

-- By name, for on a partition TG_TABLE_NAME is the partition's.
CREATE OR REPLACE TRIGGER refuse_changed_id
    BEFORE UPDATE OF id ON comments
    FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id)
    EXECUTE FUNCTION refuse_changed_id('comments');
