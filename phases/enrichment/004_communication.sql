-- Enrichment, phase 4 of 4: threads, what was read, invites, voice.

CREATE TABLE message_threads (
    id                       uuid        NOT NULL DEFAULT uuidv7(),
    channel_id               uuid        NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    -- The message that it hangs on. The thread outlives it: the id is NULL then.
    root_message_created_at  timestamptz NOT NULL,
    root_message_id          uuid,
    owner_id                 uuid        REFERENCES users (id) ON DELETE SET NULL,
    name                     text        NOT NULL,
    message_count            integer     NOT NULL DEFAULT 0,
    locked                   boolean     NOT NULL DEFAULT FALSE,
    auto_archive_duration    integer     NOT NULL DEFAULT 1440,
    archived_at              timestamptz,
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT message_threads_pkey PRIMARY KEY (channel_id, id),
    -- A message begins one thread at most.
    CONSTRAINT message_threads_root_message_key UNIQUE (channel_id, root_message_created_at, root_message_id),
    CONSTRAINT message_threads_root_message_id_fkey FOREIGN KEY (channel_id, root_message_created_at, root_message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE SET NULL (root_message_id) DEFERRABLE,
    CONSTRAINT message_threads_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT message_threads_message_count_check CHECK (message_count >= 0),
    CONSTRAINT message_threads_auto_archive_duration_check CHECK (auto_archive_duration IN (60, 1440, 4320, 10080))
);

COMMENT ON TABLE message_threads IS 'Threads that hang on a message. Their messages lie in the same channel with thread_id.';

-- A thread's messages would all at once stand in the channel itself if they outlived it.
ALTER TABLE messages
    ADD CONSTRAINT messages_thread_id_fkey FOREIGN KEY (channel_id, thread_id)
        REFERENCES message_threads (channel_id, id) ON DELETE CASCADE;

CREATE TABLE channel_reads (
    channel_id            uuid        NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    user_id               uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A position between messages, not a message: it holds when the message there is deleted or retired.
    last_read_at          timestamptz NOT NULL,
    last_read_message_id  uuid        NOT NULL DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    updated_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT channel_reads_pkey PRIMARY KEY (channel_id, user_id)
);

COMMENT ON TABLE channel_reads IS 'How far a user has read a channel; what is newer is unread.';

CREATE TABLE invites (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    code        text        NOT NULL,
    server_id   uuid        NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    channel_id  uuid,
    inviter_id  uuid        REFERENCES users (id) ON DELETE SET NULL,
    -- NULL: as often, and as long, as you like.
    max_uses    integer,
    expires_at  timestamptz,
    uses        integer     NOT NULL DEFAULT 0,
    revoked_at  timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT invites_code_key UNIQUE (code),
    CONSTRAINT invites_channel_id_fkey FOREIGN KEY (channel_id, server_id)
        REFERENCES channels (id, server_id) ON DELETE CASCADE,
    CONSTRAINT invites_code_check CHECK (code ~ '^[A-Za-z0-9-]{6,32}$'),
    CONSTRAINT invites_max_uses_check CHECK (max_uses > 0),
    CONSTRAINT invites_uses_check CHECK (uses >= 0 AND uses <= max_uses),
    CONSTRAINT invites_expires_at_check CHECK (expires_at > created_at)
);

COMMENT ON TABLE invites IS 'Codes that let people join a server; join_by_invite() uses them.';

CREATE TABLE voice_sessions (
    id            uuid        PRIMARY KEY DEFAULT uuidv7(),
    channel_id    uuid        NOT NULL,
    channel_type  integer     NOT NULL DEFAULT 2,
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    self_mute     boolean     NOT NULL DEFAULT FALSE,
    self_deaf     boolean     NOT NULL DEFAULT FALSE,
    self_video    boolean     NOT NULL DEFAULT FALSE,
    joined_at     timestamptz NOT NULL DEFAULT now(),
    left_at       timestamptz,
    -- People talk in voice channels and on stages.
    CONSTRAINT voice_sessions_channel_id_fkey FOREIGN KEY (channel_id, channel_type)
        REFERENCES channels (id, type) ON DELETE CASCADE,
    CONSTRAINT voice_sessions_channel_type_check CHECK (channel_type IN (2, 13)),
    CONSTRAINT voice_sessions_left_at_check CHECK (left_at >= joined_at)
);

-- Nobody is in two places at once.
CREATE UNIQUE INDEX voice_sessions_one_open ON voice_sessions (user_id) WHERE left_at IS NULL;

COMMENT ON TABLE voice_sessions IS 'Who was in which voice channel from when to when; open while left_at is NULL.';
