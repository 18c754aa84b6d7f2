-- Keeps posts.comments_count, which counts the comments that are not soft-deleted.
-- One run per statement, whatever its number of rows.
-- A platform with posts (id, comments_count) and comments (post_id, deleted_at) includes this file.
CREATE OR REPLACE FUNCTION update_post_comments_count() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    post_ids uuid[];
    deltas   bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE comments', '{repeatable read,serializable}', 'READ COMMITTED');
        PERFORM 1 FROM posts WHERE comments_count <> 0 ORDER BY id FOR NO KEY UPDATE;
        UPDATE posts SET comments_count = 0 WHERE comments_count <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(change.post_id), array_agg(change.delta)
        INTO post_ids, deltas
        FROM (SELECT post_id, count(*) AS delta FROM new_rows WHERE deleted_at IS NULL GROUP BY post_id) AS change;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(change.post_id), array_agg(change.delta)
        INTO post_ids, deltas
        FROM (SELECT post_id, -count(*) AS delta FROM old_rows WHERE deleted_at IS NULL GROUP BY post_id) AS change;
    ELSE
        SELECT array_agg(change.post_id), array_agg(change.delta)
        INTO post_ids, deltas
        FROM (
            SELECT post_id, sum(delta) AS delta
            FROM (
                SELECT post_id, 1 AS delta FROM new_rows WHERE deleted_at IS NULL
                UNION ALL
                SELECT post_id, -1 FROM old_rows WHERE deleted_at IS NULL
            ) AS row_changes
            GROUP BY post_id
            HAVING sum(delta) <> 0
        ) AS change;
    END IF;

    IF post_ids IS NOT NULL THEN
        -- Always in the order of their ids: statements over the same posts queue up instead of waiting in a circle.
        -- NO KEY UPDATE lets foreign keys go on reading the posts. Only a hard delete of a post comes in the other
        -- order, post first, then rows: it may deadlock with one who removes such a row, and one of them must retry.
        PERFORM 1 FROM posts WHERE id = ANY (post_ids) ORDER BY id FOR NO KEY UPDATE;
        -- A post that is being deleted is not there any more, and has nothing to count.
        UPDATE posts
        SET comments_count = comments_count + change.delta
        FROM unnest(post_ids, deltas) AS change (post_id, delta)
        WHERE posts.id = change.post_id;
    END IF;
    RETURN NULL;
END
$$;
