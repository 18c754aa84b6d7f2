-- The log can be retired month by month, not rewritten.
CREATE OR REPLACE TRIGGER refuse_change
    BEFORE UPDATE OR DELETE ON audit_logs
    FOR EACH ROW
    EXECUTE FUNCTION refuse_change(
        'the audit log', 'audit_logs', 'audit_logs_never_changes', 'Old months are retired as whole partitions.'
    );

CREATE OR REPLACE TRIGGER refuse_truncate
    BEFORE TRUNCATE ON audit_logs
    FOR EACH STATEMENT
    EXECUTE FUNCTION refuse_change(
        'the audit log', 'audit_logs', 'audit_logs_never_changes', 'Old months are retired as whole partitions.'
    );
