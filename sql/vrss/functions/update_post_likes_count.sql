-- Keeps posts.likes_count, which counts the interactions of type like. One run per statement, whatever its number of rows.
CREATE OR REPLACE FUNCTION update_post_likes_count() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    post_ids uuid[];
    deltas   bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE post_interactions', '{repeatable read,serializable}', 'READ COMMITTED');
        PERFORM 1 FROM posts WHERE likes_count <> 0 ORDER BY id FOR NO KEY UPDATE;
        UPDATE posts SET likes_count = 0 WHERE likes_count <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(change.post_id), array_agg(change.delta)
        INTO post_ids, deltas
        FROM (SELECT post_id, count(*) AS delta FROM new_rows WHERE type = 'like' GROUP BY post_id) AS change;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(change.post_id), array_agg(change.delta)
        INTO post_ids, deltas
        FROM (SELECT post_id, -count(*) AS delta FROM old_rows WHERE type = 'like' GROUP BY post_id) AS change;
    ELSE
        SELECT array_agg(change.post_id), array_agg(change.delta)
        INTO post_ids, deltas
        FROM (
            SELECT post_id, sum(delta) AS delta
            FROM (
                SELECT post_id, 1 AS delta FROM new_rows WHERE type = 'like'
                UNION ALL
                SELECT post_id, -1 FROM old_rows WHERE type = 'like'
            ) AS row_changes
            GROUP BY post_id
            HAVING sum(delta) <> 0
        ) AS change;
    END IF;

    IF post_ids IS NOT NULL THEN
        PERFORM lock_counted_posts(post_ids, deltas);
        -- A statement of its own: its snapshot is taken after the locks.
        UPDATE posts
        SET likes_count = likes_count + change.delta
        FROM unnest(post_ids, deltas) AS change (post_id, delta)
        WHERE posts.id = change.post_id;
    END IF;
    RETURN NULL;
END
$$;
