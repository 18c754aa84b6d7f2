-- The life of a scheduled post: which status may follow which, whoever asks.
--
-- Whether a waiting post is pending or scheduled is not for the asker to say: it is scheduled if and only if its
-- content is approved.
CREATE OR REPLACE FUNCTION guard_post_status() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    next_ones text[];
    approved  boolean;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status NOT IN ('pending', 'scheduled') THEN
            RAISE EXCEPTION 'a post begins as pending or scheduled, not as %', NEW.status
                USING ERRCODE = 'check_violation', TABLE = 'scheduled_posts', COLUMN = 'status',
                      CONSTRAINT = 'scheduled_posts_begins_waiting', HINT = 'Publish it through the queue publishing.';
        END IF;
    ELSE
        next_ones := CASE OLD.status
            WHEN 'pending' THEN '{pending,scheduled,cancelled}'
            WHEN 'scheduled' THEN '{scheduled,pending,queued,cancelled}'
            WHEN 'queued' THEN '{queued,publishing,pending,failed,cancelled}'
            WHEN 'publishing' THEN '{publishing,published,queued,failed}'
            WHEN 'failed' THEN '{failed,scheduled,pending,queued,cancelled}'
            WHEN 'published' THEN '{published}'
            WHEN 'cancelled' THEN '{cancelled}'
        END;
        IF NEW.status::text <> ALL (next_ones) THEN
            RAISE EXCEPTION 'scheduled post % cannot go from % to %', OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'check_violation', TABLE = 'scheduled_posts', COLUMN = 'status',
                      CONSTRAINT = 'scheduled_posts_status_follows',
                      HINT = format('It can become: %s.', array_to_string(next_ones, ', '));
        ELSIF OLD.status NOT IN ('pending', 'scheduled', 'failed')
              AND (NEW.content_piece_id, NEW.social_account_id, NEW.scheduled_at)
                  IS DISTINCT FROM (OLD.content_piece_id, OLD.social_account_id, OLD.scheduled_at) THEN
            RAISE EXCEPTION 'scheduled post % is %: what is published where and when is settled', OLD.id, OLD.status
                USING ERRCODE = 'check_violation', TABLE = 'scheduled_posts', CONSTRAINT = 'scheduled_posts_settled',
                      HINT = 'Cancel it, and schedule another one.';
        END IF;
    END IF;

    -- Not when nothing of it changes: the post is locked already, and update_posts_on_approval takes the content first.
    IF NEW.status IN ('pending', 'scheduled')
       AND (TG_OP = 'INSERT'
            OR (NEW.status, NEW.content_piece_id) IS DISTINCT FROM (OLD.status, OLD.content_piece_id)) THEN
        -- Waits for who is approving or withdrawing this content now; update_posts_on_approval waits for this one.
        SELECT status = 'approved' AND deleted_at IS NULL INTO approved
        FROM content_pieces
        WHERE id = NEW.content_piece_id
        FOR SHARE;
        NEW.status := CASE WHEN approved THEN 'scheduled' ELSE 'pending' END;
    END IF;
    RETURN NEW;
END
$$;
