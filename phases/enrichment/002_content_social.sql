-- Enrichment, phase 2 of 4: channels and their overrides, messages with what hangs on them.
--
-- messages is partitioned by month, so every key of it holds created_at; and a message belongs to its channel for ever,
-- so every key begins with channel_id. What hangs on a message carries all three columns and is partitioned in the same
-- way: a month goes as a whole, and a channel's rows can lie together on one node.

CREATE TABLE channels (
    id                             uuid        PRIMARY KEY DEFAULT uuidv7(),
    server_id                      uuid        REFERENCES servers (id) ON DELETE CASCADE,
    parent_id                      uuid,
    -- Always 4, category: that is what a parent must be, and what the foreign key below asks for.
    parent_type                    integer     NOT NULL DEFAULT 4,
    type                           integer     NOT NULL DEFAULT 0,
    name                           text,
    topic                          text,
    position                       integer     NOT NULL DEFAULT 0,
    nsfw                           boolean     NOT NULL DEFAULT FALSE,
    rate_limit_per_user            integer     NOT NULL DEFAULT 0,
    bitrate                        integer,
    user_limit                     integer,
    rtc_region                     text,
    video_quality_mode             integer     NOT NULL DEFAULT 1,
    default_auto_archive_duration  integer,
    -- The two of a direct channel, smaller id first: they have one, not two.
    dm_user_1                      uuid        REFERENCES users (id) ON DELETE CASCADE,
    dm_user_2                      uuid        REFERENCES users (id) ON DELETE CASCADE,
    -- The newest message of the channel itself (not of its threads), kept by triggers. Without a foreign key: who deletes
    -- that message and who finds it as the newest would wait for each other, and a foreign key from here into the
    -- messages is one that would keep them from being distributed.
    last_message_id                uuid,
    last_message_at                timestamptz,
    last_pin_timestamp             timestamptz,
    created_at                     timestamptz NOT NULL DEFAULT now(),
    updated_at                     timestamptz NOT NULL DEFAULT now(),
    deleted_at                     timestamptz,
    -- For those who must belong to the same server, and for those who ask for a type.
    CONSTRAINT channels_id_server_id_key UNIQUE (id, server_id),
    CONSTRAINT channels_id_type_key UNIQUE (id, type),
    CONSTRAINT channels_dm_users_key UNIQUE (dm_user_1, dm_user_2),
    CONSTRAINT channels_parent_id_fkey FOREIGN KEY (parent_id, server_id)
        REFERENCES channels (id, server_id) ON DELETE SET NULL (parent_id),
    CONSTRAINT channels_parent_type_fkey FOREIGN KEY (parent_id, parent_type)
        REFERENCES channels (id, type) ON DELETE SET NULL (parent_id),
    -- 0 text, 1 direct, 2 voice, 3 group, 4 category, 5 announcements, 13 stage, 15 forum.
    CONSTRAINT channels_type_check CHECK (type IN (0, 1, 2, 3, 4, 5, 13, 15)),
    CONSTRAINT channels_parent_type_check CHECK (parent_type = 4),
    -- Categories stand at the top: so no channel is its own ancestor.
    CONSTRAINT channels_parent_id_check CHECK (parent_id IS NULL OR (type <> 4 AND server_id IS NOT NULL)),
    CONSTRAINT channels_server_id_check CHECK ((server_id IS NULL) = (type IN (1, 3))),
    CONSTRAINT channels_dm_users_check CHECK (
        CASE WHEN type = 1 THEN dm_user_1 IS NOT NULL AND dm_user_2 IS NOT NULL AND dm_user_1 < dm_user_2
             ELSE dm_user_1 IS NULL AND dm_user_2 IS NULL
        END
    ),
    -- A server's channel has a name, a direct one has none; a group may have one.
    CONSTRAINT channels_name_check CHECK (
        (type IN (1, 3) OR name IS NOT NULL) AND (type <> 1 OR name IS NULL) AND length(name) BETWEEN 1 AND 100
    ),
    CONSTRAINT channels_topic_check CHECK (length(topic) <= 1024),
    CONSTRAINT channels_position_check CHECK (position >= 0),
    CONSTRAINT channels_rate_limit_per_user_check CHECK (rate_limit_per_user BETWEEN 0 AND 21600),
    CONSTRAINT channels_bitrate_check CHECK (bitrate BETWEEN 8000 AND 384000),
    CONSTRAINT channels_user_limit_check CHECK (user_limit BETWEEN 1 AND 10000),
    CONSTRAINT channels_rtc_region_check CHECK (rtc_region ~ '^[a-z0-9-]{1,20}$'),
    CONSTRAINT channels_video_quality_mode_check CHECK (video_quality_mode IN (1, 2)),
    CONSTRAINT channels_default_auto_archive_duration_check
        CHECK (default_auto_archive_duration IN (60, 1440, 4320, 10080)),
    CONSTRAINT channels_last_message_check CHECK (last_message_id IS NULL OR last_message_at IS NOT NULL)
);

COMMENT ON TABLE channels IS 'Where messages are: in servers by type and category; between two people (1) or in groups (3).';

ALTER TABLE servers
    ADD CONSTRAINT servers_afk_channel_id_fkey FOREIGN KEY (afk_channel_id, id)
        REFERENCES channels (id, server_id) ON DELETE SET NULL (afk_channel_id) DEFERRABLE,
    ADD CONSTRAINT servers_system_channel_id_fkey FOREIGN KEY (system_channel_id, id)
        REFERENCES channels (id, server_id) ON DELETE SET NULL (system_channel_id) DEFERRABLE,
    ADD CONSTRAINT servers_rules_channel_id_fkey FOREIGN KEY (rules_channel_id, id)
        REFERENCES channels (id, server_id) ON DELETE SET NULL (rules_channel_id) DEFERRABLE,
    ADD CONSTRAINT servers_public_updates_channel_id_fkey FOREIGN KEY (public_updates_channel_id, id)
        REFERENCES channels (id, server_id) ON DELETE SET NULL (public_updates_channel_id) DEFERRABLE;

CREATE TABLE channel_recipients (
    channel_id    uuid        NOT NULL,
    channel_type  integer     NOT NULL DEFAULT 3,
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT channel_recipients_pkey PRIMARY KEY (channel_id, user_id),
    CONSTRAINT channel_recipients_channel_id_fkey FOREIGN KEY (channel_id, channel_type)
        REFERENCES channels (id, type) ON DELETE CASCADE,
    CONSTRAINT channel_recipients_channel_type_check CHECK (channel_type = 3)
);

COMMENT ON TABLE channel_recipients IS 'Who is in a group channel. The two of a direct channel stand in channels themselves.';

CREATE TABLE channel_permissions (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    channel_id   uuid        NOT NULL,
    -- Of the channel and of the target: overrides are for roles and members of the channel's server.
    server_id    uuid        NOT NULL,
    user_id      uuid,
    role_id      uuid,
    target_id    uuid        GENERATED ALWAYS AS (coalesce(user_id, role_id)) STORED,
    target_type  text        GENERATED ALWAYS AS (CASE WHEN user_id IS NULL THEN 'role' ELSE 'user' END) STORED,
    allow        bigint      NOT NULL DEFAULT 0,
    deny         bigint      NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT channel_permissions_channel_id_target_id_key UNIQUE (channel_id, target_id),
    CONSTRAINT channel_permissions_channel_id_fkey FOREIGN KEY (channel_id, server_id)
        REFERENCES channels (id, server_id) ON DELETE CASCADE,
    CONSTRAINT channel_permissions_user_id_fkey FOREIGN KEY (server_id, user_id)
        REFERENCES server_members (server_id, user_id) ON DELETE CASCADE,
    CONSTRAINT channel_permissions_role_id_fkey FOREIGN KEY (role_id, server_id)
        REFERENCES roles (id, server_id) ON DELETE CASCADE,
    CONSTRAINT channel_permissions_target_check CHECK (num_nonnulls(user_id, role_id) = 1),
    CONSTRAINT channel_permissions_allow_check CHECK (allow BETWEEN 0 AND 2199023255551),
    CONSTRAINT channel_permissions_deny_check CHECK (deny BETWEEN 0 AND 2199023255551),
    CONSTRAINT channel_permissions_disjoint_check CHECK (allow & deny = 0)
);

COMMENT ON TABLE channel_permissions IS 'What a channel allows or denies a role or a member beyond the roles'' masks.';

CREATE TABLE messages (
    id                             uuid        NOT NULL DEFAULT uuidv7(),
    channel_id                     uuid        NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    author_id                      uuid        NOT NULL REFERENCES users (id),
    content                        text,
    timestamp                      timestamptz GENERATED ALWAYS AS (created_at) STORED,
    edited_timestamp               timestamptz,
    tts                            boolean     NOT NULL DEFAULT FALSE,
    mention_everyone               boolean     NOT NULL DEFAULT FALSE,
    mentions                       uuid[]      NOT NULL DEFAULT '{}',
    mention_roles                  uuid[]      NOT NULL DEFAULT '{}',
    mention_channels               uuid[]      NOT NULL DEFAULT '{}',
    embeds                         jsonb       NOT NULL DEFAULT '[]',
    nonce                          text,
    pinned                         boolean     NOT NULL DEFAULT FALSE,
    webhook_id                     uuid,
    type                           integer     NOT NULL DEFAULT 0,
    activity                       jsonb,
    application                    jsonb,
    application_id                 uuid,
    message_reference              jsonb,
    flags                          integer     NOT NULL DEFAULT 0,
    -- What it answers, in the same channel. When that is gone the id is NULL and its time stays: an answer to something.
    referenced_message_created_at  timestamptz,
    referenced_message_id          uuid,
    thread_id                      uuid,
    components                     jsonb       NOT NULL DEFAULT '[]',
    sticker_items                  jsonb       NOT NULL DEFAULT '[]',
    -- The name of a text search configuration, filled from the author's locale where it is not given. Not a regconfig:
    -- pg_upgrade refuses databases with a column of that type.
    language                       text        NOT NULL,
    -- The words, and the channel as one more of them: so the index answers "this word in this channel" by itself.
    search                         tsvector    NOT NULL GENERATED ALWAYS AS (
        to_tsvector(
            CASE language
                WHEN 'danish' THEN 'pg_catalog.danish'::regconfig
                WHEN 'dutch' THEN 'pg_catalog.dutch'::regconfig
                WHEN 'english' THEN 'pg_catalog.english'::regconfig
                WHEN 'finnish' THEN 'pg_catalog.finnish'::regconfig
                WHEN 'french' THEN 'pg_catalog.french'::regconfig
                WHEN 'german' THEN 'pg_catalog.german'::regconfig
                WHEN 'hungarian' THEN 'pg_catalog.hungarian'::regconfig
                WHEN 'italian' THEN 'pg_catalog.italian'::regconfig
                WHEN 'norwegian' THEN 'pg_catalog.norwegian'::regconfig
                WHEN 'portuguese' THEN 'pg_catalog.portuguese'::regconfig
                WHEN 'romanian' THEN 'pg_catalog.romanian'::regconfig
                WHEN 'russian' THEN 'pg_catalog.russian'::regconfig
                WHEN 'spanish' THEN 'pg_catalog.spanish'::regconfig
                WHEN 'swedish' THEN 'pg_catalog.swedish'::regconfig
                WHEN 'turkish' THEN 'pg_catalog.turkish'::regconfig
                ELSE 'pg_catalog.simple'::regconfig
            END,
            coalesce(content, '')
        ) || array_to_tsvector(ARRAY[coalesce(channel_id::text, '-')])
    ) STORED,
    created_at                     timestamptz NOT NULL DEFAULT now(),
    updated_at                     timestamptz NOT NULL DEFAULT now(),
    deleted_at                     timestamptz,
    CONSTRAINT messages_pkey PRIMARY KEY (channel_id, created_at, id),
    CONSTRAINT messages_referenced_message_id_fkey
        FOREIGN KEY (channel_id, referenced_message_created_at, referenced_message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE SET NULL (referenced_message_id),
    CONSTRAINT messages_content_check CHECK (length(content) <= 4000),
    CONSTRAINT messages_nonce_check CHECK (length(nonce) BETWEEN 1 AND 255),
    CONSTRAINT messages_type_check CHECK (type BETWEEN 0 AND 63),
    CONSTRAINT messages_flags_check CHECK (flags >= 0),
    CONSTRAINT messages_referenced_message_check
        CHECK (referenced_message_id IS NULL OR referenced_message_created_at IS NOT NULL),
    CONSTRAINT messages_not_own_reference_check CHECK (referenced_message_id <> id),
    CONSTRAINT messages_language_check CHECK (
        language IN (
            'simple', 'danish', 'dutch', 'english', 'finnish', 'french', 'german', 'hungarian', 'italian',
            'norwegian', 'portuguese', 'romanian', 'russian', 'spanish', 'swedish', 'turkish'
        )
    ),
    CONSTRAINT messages_embeds_check CHECK (jsonb_typeof(embeds) = 'array'),
    CONSTRAINT messages_activity_check CHECK (jsonb_typeof(activity) = 'object'),
    CONSTRAINT messages_application_check CHECK (jsonb_typeof(application) = 'object'),
    CONSTRAINT messages_message_reference_check CHECK (jsonb_typeof(message_reference) = 'object'),
    CONSTRAINT messages_components_check CHECK (jsonb_typeof(components) = 'array'),
    CONSTRAINT messages_sticker_items_check CHECK (jsonb_typeof(sticker_items) = 'array')
) PARTITION BY RANGE (created_at);

CREATE TABLE messages_default PARTITION OF messages DEFAULT;

COMMENT ON TABLE messages IS 'What was written, partitioned by month. A message never changes its channel or its created_at.';

CREATE TABLE message_mentions (
    channel_id           uuid        NOT NULL,
    message_created_at   timestamptz NOT NULL,
    message_id           uuid        NOT NULL,
    user_id              uuid        REFERENCES users (id) ON DELETE CASCADE,
    role_id              uuid        REFERENCES roles (id) ON DELETE CASCADE,
    mentioned_channel_id uuid        REFERENCES channels (id) ON DELETE CASCADE,
    CONSTRAINT message_mentions_once_key UNIQUE NULLS NOT DISTINCT
        (channel_id, message_created_at, message_id, user_id, role_id, mentioned_channel_id),
    CONSTRAINT message_mentions_message_id_fkey FOREIGN KEY (channel_id, message_created_at, message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE CASCADE,
    CONSTRAINT message_mentions_target_check CHECK (num_nonnulls(user_id, role_id, mentioned_channel_id) = 1)
) PARTITION BY RANGE (message_created_at);

CREATE TABLE message_mentions_default PARTITION OF message_mentions DEFAULT;

COMMENT ON TABLE message_mentions IS 'Whom and what a message mentions: its three arrays as rows with foreign keys, kept by trigger.';

CREATE TABLE message_reactions (
    id                  uuid        NOT NULL DEFAULT uuidv7(),
    channel_id          uuid        NOT NULL,
    message_created_at  timestamptz NOT NULL,
    message_id          uuid        NOT NULL,
    user_id             uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    emoji_id            uuid,
    emoji_name          text,
    emoji_animated      boolean     NOT NULL DEFAULT FALSE,
    created_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT message_reactions_pkey PRIMARY KEY (channel_id, message_created_at, message_id, id),
    CONSTRAINT message_reactions_once_key UNIQUE NULLS NOT DISTINCT
        (channel_id, message_created_at, message_id, user_id, emoji_id, emoji_name),
    CONSTRAINT message_reactions_message_id_fkey FOREIGN KEY (channel_id, message_created_at, message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE CASCADE,
    -- A server's own emoji by its id, every other by its character.
    CONSTRAINT message_reactions_emoji_check CHECK (num_nonnulls(emoji_id, emoji_name) = 1),
    CONSTRAINT message_reactions_emoji_name_check CHECK (length(emoji_name) BETWEEN 1 AND 100)
) PARTITION BY RANGE (message_created_at);

CREATE TABLE message_reactions_default PARTITION OF message_reactions DEFAULT;

COMMENT ON TABLE message_reactions IS 'Who reacted to a message with what: each emoji at most once a user.';

CREATE TABLE message_attachments (
    id                  uuid        NOT NULL DEFAULT uuidv7(),
    channel_id          uuid        NOT NULL,
    message_created_at  timestamptz NOT NULL,
    message_id          uuid        NOT NULL,
    filename            text        NOT NULL,
    description         text,
    content_type        text,
    size                integer     NOT NULL,
    url                 text        NOT NULL,
    proxy_url           text,
    height              integer,
    width               integer,
    ephemeral           boolean     NOT NULL DEFAULT FALSE,
    created_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT message_attachments_pkey PRIMARY KEY (channel_id, message_created_at, message_id, id),
    CONSTRAINT message_attachments_message_id_fkey FOREIGN KEY (channel_id, message_created_at, message_id)
        REFERENCES messages (channel_id, created_at, id) ON DELETE CASCADE,
    CONSTRAINT message_attachments_filename_check CHECK (length(filename) BETWEEN 1 AND 255),
    CONSTRAINT message_attachments_description_check CHECK (length(description) <= 1024),
    CONSTRAINT message_attachments_content_type_check CHECK (content_type ~ '^[a-z]+/[a-z0-9.+-]{1,90}$'),
    CONSTRAINT message_attachments_size_check CHECK (size >= 0),
    CONSTRAINT message_attachments_url_check CHECK (url ~ '^https?://' AND length(url) <= 500),
    CONSTRAINT message_attachments_proxy_url_check CHECK (proxy_url ~ '^https?://' AND length(proxy_url) <= 500),
    CONSTRAINT message_attachments_height_check CHECK (height > 0),
    CONSTRAINT message_attachments_width_check CHECK (width > 0)
) PARTITION BY RANGE (message_created_at);

CREATE TABLE message_attachments_default PARTITION OF message_attachments DEFAULT;

COMMENT ON TABLE message_attachments IS 'Files of a message.';
