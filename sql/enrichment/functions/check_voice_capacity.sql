-- No more people in a voice channel than its user_limit. The channels are locked first and counted in a statement after
-- that: who comes at the same instant as the last that fits waits, and is then refused.
CREATE OR REPLACE FUNCTION check_voice_capacity() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    channel_ids uuid[];
    full_one    record;
BEGIN
    SELECT array_agg(DISTINCT new_rows.channel_id) INTO channel_ids
    FROM new_rows
    JOIN channels ON channels.id = new_rows.channel_id
    WHERE new_rows.left_at IS NULL AND channels.user_limit IS NOT NULL;
    IF channel_ids IS NULL THEN
        RETURN NULL;
    END IF;

    PERFORM refuse_isolation('joining a voice channel with a limit', '{repeatable read}', 'READ COMMITTED or SERIALIZABLE');
    PERFORM 1 FROM channels WHERE id = ANY (channel_ids) ORDER BY id FOR NO KEY UPDATE;
    SELECT channels.id, channels.user_limit, count(*) AS people INTO full_one
    FROM channels
    JOIN voice_sessions ON voice_sessions.channel_id = channels.id AND voice_sessions.left_at IS NULL
    WHERE channels.id = ANY (channel_ids)
    GROUP BY channels.id
    HAVING count(*) > channels.user_limit
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'voice channel % is full: % people, its limit is %', full_one.id, full_one.people, full_one.user_limit
            USING ERRCODE = 'check_violation',
                  TABLE = 'voice_sessions',
                  CONSTRAINT = 'voice_sessions_within_limit',
                  HINT = 'Wait until somebody leaves, or raise channels.user_limit.';
    END IF;
    RETURN NULL;
END
$$;
