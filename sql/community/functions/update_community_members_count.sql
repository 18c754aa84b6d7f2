-- Keeps communities.members_count, which counts the members.
-- One run per statement, whatever its number of rows.
CREATE OR REPLACE FUNCTION update_community_members_count() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    community_ids uuid[];
    deltas        bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE members', '{repeatable read,serializable}', 'READ COMMITTED');
        PERFORM 1 FROM communities WHERE members_count <> 0 ORDER BY id FOR NO KEY UPDATE;
        UPDATE communities SET members_count = 0 WHERE members_count <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(change.community_id), array_agg(change.delta)
        INTO community_ids, deltas
        FROM (SELECT community_id, count(*) AS delta FROM new_rows GROUP BY community_id) AS change;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(change.community_id), array_agg(change.delta)
        INTO community_ids, deltas
        FROM (SELECT community_id, -count(*) AS delta FROM old_rows GROUP BY community_id) AS change;
    ELSE
        SELECT array_agg(change.community_id), array_agg(change.delta)
        INTO community_ids, deltas
        FROM (
            SELECT community_id, sum(delta) AS delta
            FROM (
                SELECT community_id, 1 AS delta FROM new_rows
                UNION ALL
                SELECT community_id, -1 FROM old_rows
            ) AS row_changes
            GROUP BY community_id
            HAVING sum(delta) <> 0
        ) AS change;
    END IF;

    IF community_ids IS NOT NULL THEN
        -- In the order of their ids, so that statements queue up instead of waiting in a circle; NO KEY UPDATE lets
        -- foreign keys go on reading the rows.
        PERFORM 1 FROM communities WHERE id = ANY (community_ids) ORDER BY id FOR NO KEY UPDATE;
        UPDATE communities
        SET members_count = members_count + change.delta
        FROM unnest(community_ids, deltas) AS change (community_id, delta)
        WHERE communities.id = change.community_id;
    END IF;
    RETURN NULL;
END
$$;
