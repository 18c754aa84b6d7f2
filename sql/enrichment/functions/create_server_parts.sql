-- What no server is without: its @everyone, its owner as a member, its settings. A transaction that brings its own
-- has the say where it inserts them in the same statement.
CREATE OR REPLACE FUNCTION create_server_parts() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    INSERT INTO roles (id, server_id, name, permissions)
    SELECT id, id, '@everyone', permission_mask(
        'CREATE_INSTANT_INVITE', 'ADD_REACTIONS', 'STREAM', 'VIEW_CHANNEL', 'SEND_MESSAGES', 'EMBED_LINKS',
        'ATTACH_FILES', 'READ_MESSAGE_HISTORY', 'USE_EXTERNAL_EMOJIS', 'CONNECT', 'SPEAK', 'USE_VOICE_ACTIVITY',
        'CHANGE_NICKNAME', 'USE_COMMANDS', 'REQUEST_TO_SPEAK', 'CREATE_THREADS', 'SEND_MESSAGES_IN_THREADS'
    )
    FROM new_rows
    ON CONFLICT DO NOTHING;

    INSERT INTO server_members (server_id, user_id)
    SELECT id, owner_id FROM new_rows
    ON CONFLICT DO NOTHING;

    INSERT INTO server_settings (server_id)
    SELECT id FROM new_rows
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
