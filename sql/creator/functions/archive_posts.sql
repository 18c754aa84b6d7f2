-- The archiving job: moves posts published long ago, with their comments, from the active half to the archive.
--
-- A batch and its COMMIT at a time, oldest first: CALL it outside any transaction. A stop loses only the batch at hand.
-- It hardly waits: a post that somebody holds, or a comment of which, is left for the next run. So several may run at
-- once, and none can wait in a circle with those who write comments. What hangs on comments (notifications) is only met
-- while moving; where somebody holds one of these, the batch gives way before anybody is told of a deadlock.
CREATE OR REPLACE PROCEDURE archive_posts(
    older_than interval DEFAULT '1 year', batch_size integer DEFAULT 100, INOUT moved bigint DEFAULT 0
)
LANGUAGE plpgsql
AS $$
DECLARE
    behind_at timestamptz := '-infinity';
    behind_id uuid := '00000000-0000-0000-0000-000000000000';
    wanted    uuid[];
    free      uuid[];
BEGIN
    IF batch_size < 1 OR older_than < interval '0' THEN
        RAISE EXCEPTION 'archive_posts: batch_size must be above 0, and older_than no time to come'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- From REPEATABLE READ on, it would look again and again at what another run has moved.
    PERFORM refuse_isolation('archive_posts', '{repeatable read,serializable}', 'READ COMMITTED');
    LOOP
        -- Until the COMMIT. Deadlocks are looked for after a second.
        PERFORM set_config('lock_timeout', '100ms', TRUE);
        BEGIN
            SELECT array_agg(id), max(published_at), (array_agg(id ORDER BY published_at DESC, id DESC))[1]
            INTO wanted, behind_at, behind_id
            FROM (
                SELECT id, published_at
                FROM posts
                WHERE NOT archived AND status = 'published' AND deleted_at IS NULL
                  AND published_at < now() - older_than
                  AND (published_at, id) > (behind_at, behind_id)
                ORDER BY published_at, id
                LIMIT batch_size
                FOR UPDATE SKIP LOCKED
            ) AS oldest;
            EXIT WHEN wanted IS NULL;

            -- Who writes a comment holds its post; who changes or deletes one holds the comment.
            WITH held AS (
                SELECT post_id FROM comments WHERE post_id = ANY (wanted) AND NOT post_archived FOR UPDATE SKIP LOCKED
            )
            SELECT array_agg(post)
            INTO free
            FROM unnest(wanted) AS post
            WHERE (SELECT count(*) FROM held WHERE post_id = post)
                = (SELECT count(*) FROM comments WHERE post_id = post AND NOT post_archived);

            -- The foreign key takes the comments along.
            UPDATE posts SET archived = TRUE WHERE id = ANY (free) AND NOT archived;
            moved := moved + coalesce(cardinality(free), 0);
        EXCEPTION WHEN serialization_failure OR lock_not_available THEN
            -- Another run moved one of them between the look and the lock, or somebody holds what hangs on one.
            CONTINUE;
        END;
        COMMIT;
    END LOOP;
END
$$;
