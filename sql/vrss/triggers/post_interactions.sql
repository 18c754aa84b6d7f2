CREATE OR REPLACE TRIGGER update_post_likes_count_on_insert
    AFTER INSERT ON post_interactions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_likes_count();

CREATE OR REPLACE TRIGGER update_post_likes_count_on_update
    AFTER UPDATE ON post_interactions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_likes_count();

CREATE OR REPLACE TRIGGER update_post_likes_count_on_delete
    AFTER DELETE ON post_interactions
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_likes_count();

CREATE OR REPLACE TRIGGER update_post_likes_count_on_truncate
    AFTER TRUNCATE ON post_interactions
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_post_likes_count();
