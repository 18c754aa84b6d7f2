-- Writes the creator's name beside his post, whatever the writer gave.
--
-- The lock makes a rename and a new post wait for each other: who comes second reads what the first has committed.
CREATE OR REPLACE FUNCTION set_creator_username() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    SELECT username INTO NEW.creator_username FROM users WHERE id = NEW.creator_id FOR SHARE;
    -- Without such a user the foreign key refuses the post, and says so better.
    NEW.creator_username := coalesce(NEW.creator_username, '');
    RETURN NEW;
END
$$;
