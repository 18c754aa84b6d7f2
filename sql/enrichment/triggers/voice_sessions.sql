CREATE OR REPLACE TRIGGER check_voice_capacity_on_insert
    AFTER INSERT ON voice_sessions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION check_voice_capacity();

CREATE OR REPLACE TRIGGER check_voice_capacity_on_update
    AFTER UPDATE ON voice_sessions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION check_voice_capacity();
