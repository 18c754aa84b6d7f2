-- A post that is published for the first time is to be mailed to the subscribers: once, however often it is withdrawn
-- and published again.
CREATE OR REPLACE FUNCTION announce_post() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO announcements (post_id, post_archived)
        SELECT id, archived FROM new_rows WHERE status = 'published' ORDER BY id;
    ELSE
        INSERT INTO announcements (post_id, post_archived)
        SELECT new_rows.id, new_rows.archived
        FROM new_rows JOIN old_rows USING (id)
        WHERE new_rows.status = 'published' AND old_rows.status <> 'published'
        ORDER BY new_rows.id
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
