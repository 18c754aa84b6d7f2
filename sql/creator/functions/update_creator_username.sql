-- Carries new names of users to their posts, the archived ones too. One run per statement, however many are renamed.
CREATE OR REPLACE FUNCTION update_creator_username() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    creator_ids uuid[];
    names       text[];
BEGIN
    SELECT array_agg(new_rows.id), array_agg(new_rows.username)
    INTO creator_ids, names
    FROM new_rows JOIN old_rows USING (id)
    WHERE new_rows.username <> old_rows.username;

    IF creator_ids IS NOT NULL THEN
        -- A post that was committed while this waited for its lock on the user must be seen here.
        PERFORM refuse_isolation('renaming a user', '{repeatable read,serializable}', 'READ COMMITTED');
        -- In the order of their ids, as those who count comments lock them: nobody waits in a circle.
        PERFORM 1 FROM posts WHERE creator_id = ANY (creator_ids) ORDER BY id FOR NO KEY UPDATE;
        UPDATE posts
        SET creator_username = renamed.username
        FROM unnest(creator_ids, names) AS renamed (creator_id, username)
        WHERE posts.creator_id = renamed.creator_id;
    END IF;
    RETURN NULL;
END
$$;
