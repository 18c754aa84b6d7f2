CREATE OR REPLACE TRIGGER update_storage_on_media_insert
    AFTER INSERT ON post_media
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_storage_on_media_insert();

CREATE OR REPLACE TRIGGER update_storage_on_media_update
    AFTER UPDATE ON post_media
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_storage_on_media_update();

CREATE OR REPLACE TRIGGER update_storage_on_media_delete
    AFTER DELETE ON post_media
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_storage_on_media_delete();

CREATE OR REPLACE TRIGGER update_storage_on_media_truncate
    AFTER TRUNCATE ON post_media
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_storage_on_media_delete();
