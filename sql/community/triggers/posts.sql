-- What the author wrote, and where. A comment changes a count, and an embedding comes from a machine.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE OF space_id, author_id, title, content, language, status, published_at ON posts
    FOR EACH ROW
    WHEN (
        (OLD.space_id, OLD.author_id, OLD.title, OLD.content, OLD.language, OLD.status, OLD.published_at)
        IS DISTINCT FROM
        (NEW.space_id, NEW.author_id, NEW.title, NEW.content, NEW.language, NEW.status, NEW.published_at)
    )
    EXECUTE FUNCTION set_updated_at();
