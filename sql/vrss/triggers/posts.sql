-- What the author wrote, and who may see it. A like, a comment or a repost changes a count, not the post.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE OF user_id, type, title, content, status, visibility, deleted_at ON posts
    FOR EACH ROW
    WHEN (
        (OLD.user_id, OLD.type, OLD.title, OLD.content, OLD.status, OLD.visibility, OLD.deleted_at)
        IS DISTINCT FROM
        (NEW.user_id, NEW.type, NEW.title, NEW.content, NEW.status, NEW.visibility, NEW.deleted_at)
    )
    EXECUTE FUNCTION set_updated_at();
