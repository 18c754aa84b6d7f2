-- A comment is told to the creator of the post, a reply to the one whom it answers; nobody is told of himself.
CREATE OR REPLACE FUNCTION notify_of_comment() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO notifications (user_id, actor_id, type, comment_id, post_archived)
    SELECT
        coalesce(answered.user_id, posts.creator_id), said.user_id,
        CASE WHEN said.parent_comment_id IS NULL THEN 'comment' ELSE 'reply' END::notification_type,
        said.id, said.post_archived
    FROM new_rows AS said
    JOIN posts ON posts.id = said.post_id
    LEFT JOIN comments AS answered ON answered.id = said.parent_comment_id
    -- A reply to one whose account is gone concerns nobody but the thread.
    WHERE said.user_id <> CASE WHEN said.parent_comment_id IS NULL THEN posts.creator_id ELSE answered.user_id END
    -- In one order, as foreign keys lock those who are told.
    ORDER BY 1;
    RETURN NULL;
END
$$;
