-- Keeps threads trees: a reply comes after the comment that it answers, and stays below it. The foreign key alone would
-- take a circle, from one statement that inserts two replies to each other, or from an UPDATE.
CREATE OR REPLACE FUNCTION keep_replies_below() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'comment % cannot be moved below another', NEW.id
            USING ERRCODE = 'check_violation',
                  TABLE = 'comments',
                  COLUMN = 'parent_id',
                  CONSTRAINT = 'comments_parent_id_stays',
                  HINT = 'Insert it anew, or set parent_id to NULL.';
    END IF;
    -- Sees what this very statement has inserted before.
    PERFORM 1 FROM comments WHERE id = NEW.parent_id AND post_id = NEW.post_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'comment % answers %, which is no earlier comment of post %', NEW.id, NEW.parent_id, NEW.post_id
            USING ERRCODE = 'foreign_key_violation',
                  TABLE = 'comments',
                  COLUMN = 'parent_id',
                  CONSTRAINT = 'comments_parent_id_fkey',
                  HINT = 'Insert the comment first that is answered; its replies belong to the same post.';
    END IF;
    RETURN NEW;
END
$$;
