-- Column by column: a condition cannot look at a generated column (search).
CREATE OR REPLACE TRIGGER set_updated_at
    BEFORE UPDATE ON content_pieces
    FOR EACH ROW
    WHEN (
        (OLD.strategy_id, OLD.pillar_id, OLD.series_id, OLD.asset_id, OLD.repurposed_from_id, OLD.created_by,
         OLD.approved_by, OLD.content_type, OLD.status, OLD.language, OLD.title, OLD.body, OLD.platform_variants,
         OLD.ai_model, OLD.ai_confidence, OLD.ai_metadata, OLD.approved_at, OLD.deleted_at)
        IS DISTINCT FROM
        (NEW.strategy_id, NEW.pillar_id, NEW.series_id, NEW.asset_id, NEW.repurposed_from_id, NEW.created_by,
         NEW.approved_by, NEW.content_type, NEW.status, NEW.language, NEW.title, NEW.body, NEW.platform_variants,
         NEW.ai_model, NEW.ai_confidence, NEW.ai_metadata, NEW.approved_at, NEW.deleted_at)
    )
    EXECUTE FUNCTION set_updated_at();

CREATE OR REPLACE TRIGGER update_posts_on_approval
    AFTER UPDATE ON content_pieces
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_posts_on_approval();

CREATE OR REPLACE TRIGGER update_series_pieces_count_on_insert
    AFTER INSERT ON content_pieces
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_series_pieces_count();

CREATE OR REPLACE TRIGGER update_series_pieces_count_on_update
    AFTER UPDATE ON content_pieces
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_series_pieces_count();

CREATE OR REPLACE TRIGGER update_series_pieces_count_on_delete
    AFTER DELETE ON content_pieces
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_series_pieces_count();

CREATE OR REPLACE TRIGGER update_series_pieces_count_on_truncate
    AFTER TRUNCATE ON content_pieces
    FOR EACH STATEMENT
    EXECUTE FUNCTION update_series_pieces_count();

CREATE OR REPLACE TRIGGER record_audit_on_insert
    AFTER INSERT ON content_pieces
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_update
    AFTER UPDATE ON content_pieces
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();

CREATE OR REPLACE TRIGGER record_audit_on_delete
    AFTER DELETE ON content_pieces
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT
    EXECUTE FUNCTION record_audit();
