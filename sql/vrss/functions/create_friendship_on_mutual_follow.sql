-- Keeps friendships: a pair has its row while both follow each other.
--
-- Two who follow each other at the same instant do not see each other's uncommitted row. So every statement first
-- locks the pairs it touches, then looks again in a new statement, whose snapshot is taken after the wait (hence
-- VOLATILE, the default). SERIALIZABLE keeps its old snapshot but one of the two is then aborted; REPEATABLE READ
-- would miss the friendship in silence, and is refused.
CREATE OR REPLACE FUNCTION create_friendship_on_mutual_follow() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    lower_ids  uuid[];
    higher_ids uuid[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE user_follows', '{repeatable read,serializable}', 'READ COMMITTED');
        DELETE FROM friendships;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(pair.lower_id), array_agg(pair.higher_id)
        INTO lower_ids, higher_ids
        FROM (
            SELECT DISTINCT
                least(follower_id, following_id) AS lower_id,
                greatest(follower_id, following_id) AS higher_id
            FROM new_rows
        ) AS pair;
    ELSIF TG_OP = 'DELETE' THEN
        -- A pair whose user is gone loses its friendship by the foreign key's cascade.
        SELECT array_agg(pair.lower_id), array_agg(pair.higher_id)
        INTO lower_ids, higher_ids
        FROM (
            SELECT DISTINCT
                least(follower_id, following_id) AS lower_id,
                greatest(follower_id, following_id) AS higher_id
            FROM old_rows
        ) AS pair
        WHERE EXISTS (SELECT FROM users WHERE users.id = pair.lower_id)
          AND EXISTS (SELECT FROM users WHERE users.id = pair.higher_id);
    ELSE
        SELECT array_agg(pair.lower_id), array_agg(pair.higher_id)
        INTO lower_ids, higher_ids
        FROM (
            SELECT least(follower_id, following_id) AS lower_id, greatest(follower_id, following_id) AS higher_id
            FROM new_rows
            UNION
            SELECT least(follower_id, following_id), greatest(follower_id, following_id)
            FROM old_rows
        ) AS pair;
    END IF;

    IF lower_ids IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM refuse_isolation('following and unfollowing', '{repeatable read}', 'READ COMMITTED or SERIALIZABLE');

    -- Sorted by the lock's own key, so that nobody waits in a circle. 1024 locks for all pairs: following fifty
    -- thousand people in one statement must not fill the server's lock table.
    PERFORM pg_advisory_xact_lock(TG_RELID::integer, wanted.lock_key)
    FROM (
        SELECT DISTINCT hashtext(pair.lower_id::text || pair.higher_id::text) & 1023 AS lock_key
        FROM unnest(lower_ids, higher_ids) AS pair (lower_id, higher_id)
        ORDER BY lock_key
    ) AS wanted;

    IF TG_OP <> 'INSERT' THEN
        DELETE FROM friendships
        USING unnest(lower_ids, higher_ids) AS pair (lower_id, higher_id)
        WHERE friendships.user_id_1 = pair.lower_id
          AND friendships.user_id_2 = pair.higher_id
          AND NOT (
              EXISTS (SELECT FROM user_follows WHERE follower_id = pair.lower_id AND following_id = pair.higher_id)
              AND EXISTS (SELECT FROM user_follows WHERE follower_id = pair.higher_id AND following_id = pair.lower_id)
          );
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO friendships (user_id_1, user_id_2)
        SELECT pair.lower_id, pair.higher_id
        FROM unnest(lower_ids, higher_ids) AS pair (lower_id, higher_id)
        WHERE EXISTS (SELECT FROM user_follows WHERE follower_id = pair.lower_id AND following_id = pair.higher_id)
          AND EXISTS (SELECT FROM user_follows WHERE follower_id = pair.higher_id AND following_id = pair.lower_id)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
