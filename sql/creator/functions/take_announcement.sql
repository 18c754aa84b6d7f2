-- The next page of mails to be sent: of the oldest unfinished announcement, to the active subscribers behind its mark.
-- A post that was withdrawn or deleted meanwhile is not mailed; published again, it goes on where it stopped.
--
-- Several workers take from different announcements. The mark moves in the caller's transaction: who commits before he
-- sends, sends at most once; who commits after, at least once. No row means that there is nothing to send.
CREATE OR REPLACE FUNCTION take_announcement(page_size integer DEFAULT 500)
RETURNS TABLE (post_id uuid, subscriber_id uuid, email text, username text)
LANGUAGE plpgsql
AS $$
DECLARE
    taken record;
    mark  text;
    sent  integer := 0;
BEGIN
    IF page_size >= 1 IS NOT TRUE THEN
        RAISE EXCEPTION 'take_announcement: page_size must be above 0' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WHILE sent = 0 LOOP
        SELECT a.id, a.post_id, posts.creator_id, coalesce(a.sent_up_to, page_cursor('infinity')) AS mark
        INTO taken
        FROM announcements AS a
        JOIN posts ON posts.id = a.post_id AND posts.archived = a.post_archived
        WHERE a.finished_at IS NULL AND posts.status = 'published' AND posts.deleted_at IS NULL
        ORDER BY a.created_at
        LIMIT 1
        FOR NO KEY UPDATE OF a SKIP LOCKED;
        EXIT WHEN NOT FOUND;

        post_id := taken.post_id;
        -- Newest first: who subscribes while the mails go out has seen the post already, and comes before the mark.
        FOR subscriber_id, email, username, mark IN
            SELECT s.subscriber_id, users.email, users.username, page_cursor(s.subscribed_at, s.id)
            FROM subscriptions AS s
            JOIN users ON users.id = s.subscriber_id AND users.deleted_at IS NULL
            WHERE s.creator_id = taken.creator_id AND s.status = 'active'
              AND (s.subscribed_at, s.id) < (cursor_at(taken.mark), cursor_id(taken.mark))
            ORDER BY s.subscribed_at DESC, s.id DESC
            LIMIT page_size
        LOOP
            sent := sent + 1;
            RETURN NEXT;
        END LOOP;

        UPDATE announcements
        SET sent_count = sent_count + sent,
            sent_up_to = CASE WHEN sent > 0 THEN mark ELSE sent_up_to END,
            finished_at = CASE WHEN sent < page_size THEN clock_timestamp() END
        WHERE id = taken.id;
    END LOOP;
END
$$;
