-- What is said of the series; a piece more or less changes its count, not the series.
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE OF organization_id, pillar_id, title, description, cadence, starts_on, ends_on ON series
    FOR EACH ROW
    WHEN (
        (OLD.pillar_id, OLD.title, OLD.description, OLD.cadence, OLD.starts_on, OLD.ends_on)
        IS DISTINCT FROM
        (NEW.pillar_id, NEW.title, NEW.description, NEW.cadence, NEW.starts_on, NEW.ends_on)
    )
    EXECUTE FUNCTION set_updated_at();
