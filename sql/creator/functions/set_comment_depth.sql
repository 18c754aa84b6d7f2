-- Sets a reply one deeper than the comment it answers. It saves writers the asking; that the depth is right is the
-- foreign key's business, which refuses any other.
CREATE OR REPLACE FUNCTION set_comment_depth() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    SELECT depth + 1 INTO NEW.depth FROM comments WHERE id = NEW.parent_comment_id AND post_id = NEW.post_id;
    -- Without such a comment the foreign key refuses the reply, and says so better.
    NEW.depth := coalesce(NEW.depth, 1);
    RETURN NEW;
END
$$;
