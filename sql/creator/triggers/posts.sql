-- What the creator wrote and when it is to be seen. A comment changes a count, archiving a place, not the post.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE OF creator_id, title, content, status, published_at, deleted_at ON posts
    FOR EACH ROW
    WHEN (
        (OLD.creator_id, OLD.title, OLD.content, OLD.status, OLD.published_at, OLD.deleted_at)
        IS DISTINCT FROM
        (NEW.creator_id, NEW.title, NEW.content, NEW.status, NEW.published_at, NEW.deleted_at)
    )
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER refuse_reused_id
    AFTER INSERT ON posts
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_reused_id();

-- By name, for on a partition TG_TABLE_NAME is the partition's.
CREATE OR REPLACE TRIGGER refuse_changed_id
    BEFORE UPDATE OF id ON posts
    FOR EACH ROW
    WHEN (OLD.id IS DISTINCT FROM NEW.id)
    EXECUTE FUNCTION refuse_changed_id('posts');
