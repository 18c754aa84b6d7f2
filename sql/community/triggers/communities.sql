-- What its owner says of it. Who joins or leaves changes a count, not the community.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE OF slug, name, description, visibility, settings ON communities
    FOR EACH ROW
    WHEN (
        (OLD.slug, OLD.name, OLD.description, OLD.visibility, OLD.settings)
        IS DISTINCT FROM
        (NEW.slug, NEW.name, NEW.description, NEW.visibility, NEW.settings)
    )
    EXECUTE FUNCTION set_updated_at();
