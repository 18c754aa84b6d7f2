-- Keeps servers.member_count and servers.premium_subscription_count: the members, and those of them who pay for it.
-- One run per statement, whatever its number of rows.
CREATE OR REPLACE FUNCTION update_server_counts() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    server_ids uuid[];
    members    bigint[];
    premiums   bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refuse_isolation('TRUNCATE server_members', '{repeatable read,serializable}', 'READ COMMITTED');
        PERFORM 1 FROM servers WHERE member_count + premium_subscription_count <> 0 ORDER BY id FOR NO KEY UPDATE;
        UPDATE servers SET member_count = 0, premium_subscription_count = 0
        WHERE member_count + premium_subscription_count <> 0;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT array_agg(change.server_id), array_agg(change.members), array_agg(change.premiums)
        INTO server_ids, members, premiums
        FROM (
            SELECT server_id, count(*) AS members, count(premium_since) AS premiums FROM new_rows GROUP BY server_id
        ) AS change;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(change.server_id), array_agg(change.members), array_agg(change.premiums)
        INTO server_ids, members, premiums
        FROM (
            SELECT server_id, -count(*) AS members, -count(premium_since) AS premiums FROM old_rows GROUP BY server_id
        ) AS change;
    ELSE
        SELECT array_agg(change.server_id), array_agg(change.members), array_agg(change.premiums)
        INTO server_ids, members, premiums
        FROM (
            SELECT server_id, sum(member) AS members, sum(premium) AS premiums
            FROM (
                SELECT server_id, 1 AS member, num_nonnulls(premium_since) AS premium FROM new_rows
                UNION ALL
                SELECT server_id, -1, -num_nonnulls(premium_since) FROM old_rows
            ) AS row_changes
            GROUP BY server_id
            HAVING sum(member) <> 0 OR sum(premium) <> 0
        ) AS change;
    END IF;

    IF server_ids IS NOT NULL THEN
        -- Always in the order of their ids: statements over the same servers queue up instead of waiting in a circle.
        PERFORM 1 FROM servers WHERE id = ANY (server_ids) ORDER BY id FOR NO KEY UPDATE;
        UPDATE servers
        SET member_count = member_count + change.members,
            premium_subscription_count = premium_subscription_count + change.premiums
        FROM unnest(server_ids, members, premiums) AS change (server_id, members, premiums)
        WHERE servers.id = change.server_id;
    END IF;
    RETURN NULL;
END
$$;
