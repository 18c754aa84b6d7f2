-- Locks posts whose counts are about to change, always in the order of their ids: statements over the same posts
-- queue up instead of waiting for each other in a circle. NO KEY UPDATE lets foreign keys go on reading the posts.
--
-- No function here names a schema or sets a search_path: they run with the caller's rights and find the tables where
-- the caller's own statement finds them, so the same files serve any schema and there is nothing to gain by hijacking.
CREATE OR REPLACE FUNCTION lock_counted_posts(post_ids uuid[], deltas bigint[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    locked bigint;
BEGIN
    PERFORM 1 FROM posts WHERE id = ANY (post_ids) ORDER BY id FOR NO KEY UPDATE;
    GET DIAGNOSTICS locked = ROW_COUNT;

    -- A post that goes away takes its rows along: nothing to count. But where something was added the foreign key has
    -- found the post, so if it is not to be seen here, it is newer than the snapshot and would miss the count.
    IF locked < cardinality(post_ids) AND EXISTS (
        SELECT
        FROM unnest(post_ids, deltas) AS change (post_id, delta)
        WHERE change.delta > 0 AND NOT EXISTS (SELECT FROM posts WHERE posts.id = change.post_id)
    ) THEN
        RAISE EXCEPTION 'could not serialize access: the post is newer than the transaction''s snapshot'
            USING ERRCODE = 'serialization_failure', HINT = 'Retry the transaction.';
    END IF;
END
$$;
