CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON weekly_summaries
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER email_weekly_summary
    AFTER INSERT ON weekly_summaries
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION email_weekly_summary();
