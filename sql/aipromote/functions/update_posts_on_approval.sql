-- Content is approved: its waiting posts are scheduled. Approval is withdrawn, or the piece deleted: they wait again,
-- also those that are queued already; the worker who comes for one of them then finds nothing to publish.
CREATE OR REPLACE FUNCTION update_posts_on_approval() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    approved  uuid[];
    withdrawn uuid[];
BEGIN
    SELECT array_agg(id) FILTER (WHERE is_approved), array_agg(id) FILTER (WHERE NOT is_approved)
    INTO approved, withdrawn
    FROM (
        SELECT id, status = 'approved' AND deleted_at IS NULL AS is_approved FROM new_rows
        EXCEPT
        SELECT id, status = 'approved' AND deleted_at IS NULL FROM old_rows
    ) AS changed;

    IF approved IS NULL AND withdrawn IS NULL THEN
        RETURN NULL;
    END IF;
    -- A post whose transaction began before this one held up the pieces' rows; it has ended, so new snapshots see it.
    PERFORM refuse_isolation('approving content', '{repeatable read}', 'READ COMMITTED or SERIALIZABLE');
    PERFORM 1 FROM scheduled_posts
    WHERE content_piece_id = ANY (approved || withdrawn) AND status IN ('pending', 'scheduled', 'queued')
    ORDER BY id
    FOR NO KEY UPDATE;
    UPDATE scheduled_posts SET status = 'scheduled' WHERE content_piece_id = ANY (approved) AND status = 'pending';
    UPDATE scheduled_posts SET status = 'pending'
    WHERE content_piece_id = ANY (withdrawn) AND status IN ('scheduled', 'queued');
    RETURN NULL;
END
$$;
