-- Enrichment, phase 1 of 4: accounts and friendships; servers, their settings, members and roles; the audit log.

\ir ../../sql/shared/foundation/uuidv7.sql

CREATE TABLE users (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    username       text        NOT NULL,
    email          text        NOT NULL,
    password_hash  text        NOT NULL,
    display_name   text,
    avatar_url     text,
    banner_url     text,
    bio            text,
    status         text        NOT NULL DEFAULT 'offline',
    custom_status  text,
    verified       boolean     NOT NULL DEFAULT FALSE,
    bot            boolean     NOT NULL DEFAULT FALSE,
    system         boolean     NOT NULL DEFAULT FALSE,
    mfa_enabled    boolean     NOT NULL DEFAULT FALSE,
    locale         text        NOT NULL DEFAULT 'en-US',
    flags          integer     NOT NULL DEFAULT 0,
    premium_type   integer     NOT NULL DEFAULT 0,
    public_flags   integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz,
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_email_key UNIQUE (email),
    -- Lower case only: so the plain unique constraints hold whatever the case that somebody types.
    CONSTRAINT users_username_check CHECK (username ~ '^[a-z0-9_.]{2,32}$'),
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND email = lower(email) AND length(email) <= 255),
    CONSTRAINT users_password_hash_check CHECK (length(password_hash) BETWEEN 20 AND 255),
    CONSTRAINT users_display_name_check CHECK (length(display_name) BETWEEN 1 AND 100),
    CONSTRAINT users_avatar_url_check CHECK (avatar_url ~ '^https?://' AND length(avatar_url) <= 500),
    CONSTRAINT users_banner_url_check CHECK (banner_url ~ '^https?://' AND length(banner_url) <= 500),
    CONSTRAINT users_bio_check CHECK (length(bio) <= 2000),
    CONSTRAINT users_status_check CHECK (status IN ('online', 'idle', 'dnd', 'offline')),
    CONSTRAINT users_custom_status_check CHECK (length(custom_status) BETWEEN 1 AND 128),
    CONSTRAINT users_locale_check CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    CONSTRAINT users_flags_check CHECK (flags >= 0),
    CONSTRAINT users_premium_type_check CHECK (premium_type BETWEEN 0 AND 3),
    CONSTRAINT users_public_flags_check CHECK (public_flags >= 0)
);

COMMENT ON TABLE users IS 'Accounts. Deleting is soft (deleted_at): who wrote messages or owns a server cannot be deleted hard.';

CREATE TABLE user_sessions (
    id                  uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id             uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash          text        NOT NULL,
    refresh_token_hash  text,
    device_info         jsonb,
    ip_address          inet,
    user_agent          text,
    expires_at          timestamptz NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    last_used_at        timestamptz NOT NULL DEFAULT now(),
    -- A request brings a token and nothing else: it must lead to one session.
    CONSTRAINT user_sessions_token_hash_key UNIQUE (token_hash),
    CONSTRAINT user_sessions_refresh_token_hash_key UNIQUE (refresh_token_hash),
    CONSTRAINT user_sessions_token_hash_check CHECK (length(token_hash) BETWEEN 20 AND 255),
    CONSTRAINT user_sessions_refresh_token_hash_check CHECK (length(refresh_token_hash) BETWEEN 20 AND 255),
    CONSTRAINT user_sessions_device_info_check CHECK (jsonb_typeof(device_info) = 'object'),
    CONSTRAINT user_sessions_user_agent_check CHECK (length(user_agent) <= 1000),
    CONSTRAINT user_sessions_expires_at_check CHECK (expires_at > created_at),
    CONSTRAINT user_sessions_last_used_at_check CHECK (last_used_at >= created_at)
);

COMMENT ON TABLE user_sessions IS 'Logged-in devices; only hashes of tokens are kept.';

CREATE TABLE user_preferences (
    user_id        uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    theme          text        NOT NULL DEFAULT 'dark',
    language       text        NOT NULL DEFAULT 'en-US',
    timezone       text        NOT NULL DEFAULT 'UTC',
    notifications  jsonb       NOT NULL DEFAULT '{}',
    privacy        jsonb       NOT NULL DEFAULT '{}',
    accessibility  jsonb       NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_preferences_theme_check CHECK (theme IN ('dark', 'light', 'system')),
    CONSTRAINT user_preferences_language_check CHECK (language ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    CONSTRAINT user_preferences_timezone_check CHECK (timezone ~ '^[A-Za-z0-9_+/-]{1,50}$'),
    CONSTRAINT user_preferences_notifications_check CHECK (jsonb_typeof(notifications) = 'object'),
    CONSTRAINT user_preferences_privacy_check CHECK (jsonb_typeof(privacy) = 'object'),
    CONSTRAINT user_preferences_accessibility_check CHECK (jsonb_typeof(accessibility) = 'object')
);

COMMENT ON TABLE user_preferences IS 'What a user has set; absent until something is. The JSON documents follow contracts.py.';

CREATE TABLE friendships (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    -- Who asked, or blocked, and whom.
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    friend_id    uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status       text        NOT NULL DEFAULT 'pending',
    accepted_at  timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT friendships_not_self_check CHECK (user_id <> friend_id),
    CONSTRAINT friendships_status_check CHECK (status IN ('pending', 'accepted', 'blocked')),
    CONSTRAINT friendships_accepted_at_check CHECK ((status = 'accepted') = (accepted_at IS NOT NULL))
);

-- One row for a pair, whoever asked first.
CREATE UNIQUE INDEX friendships_pair_key ON friendships (least(user_id, friend_id), greatest(user_id, friend_id));

COMMENT ON TABLE friendships IS 'How two people stand to each other: asked, friends, or blocked by the one who is user_id.';

CREATE TABLE servers (
    id                             uuid        PRIMARY KEY DEFAULT uuidv7(),
    name                           text        NOT NULL,
    description                    text,
    icon_url                       text,
    banner_url                     text,
    splash_url                     text,
    owner_id                       uuid        NOT NULL,
    region                         text        NOT NULL DEFAULT 'us-east',
    afk_channel_id                 uuid,
    afk_timeout                    integer     NOT NULL DEFAULT 300,
    verification_level             integer     NOT NULL DEFAULT 0,
    default_message_notifications  integer     NOT NULL DEFAULT 0,
    explicit_content_filter        integer     NOT NULL DEFAULT 0,
    features                       text[]      NOT NULL DEFAULT '{}',
    mfa_level                      integer     NOT NULL DEFAULT 0,
    system_channel_id              uuid,
    system_channel_flags           integer     NOT NULL DEFAULT 0,
    rules_channel_id               uuid,
    public_updates_channel_id      uuid,
    preferred_locale               text        NOT NULL DEFAULT 'en-US',
    premium_tier                   integer     NOT NULL DEFAULT 0,
    premium_subscription_count     integer     NOT NULL DEFAULT 0,
    vanity_url_code                text,
    member_count                   integer     NOT NULL DEFAULT 0,
    max_members                    integer     NOT NULL DEFAULT 500000,
    max_presences                  integer,
    nsfw                           boolean     NOT NULL DEFAULT FALSE,
    created_at                     timestamptz NOT NULL DEFAULT now(),
    updated_at                     timestamptz NOT NULL DEFAULT now(),
    deleted_at                     timestamptz,
    CONSTRAINT servers_vanity_url_code_key UNIQUE (vanity_url_code),
    CONSTRAINT servers_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT servers_description_check CHECK (length(description) <= 2000),
    CONSTRAINT servers_icon_url_check CHECK (icon_url ~ '^https?://' AND length(icon_url) <= 500),
    CONSTRAINT servers_banner_url_check CHECK (banner_url ~ '^https?://' AND length(banner_url) <= 500),
    CONSTRAINT servers_splash_url_check CHECK (splash_url ~ '^https?://' AND length(splash_url) <= 500),
    CONSTRAINT servers_region_check CHECK (region ~ '^[a-z0-9-]{1,20}$'),
    CONSTRAINT servers_afk_timeout_check CHECK (afk_timeout BETWEEN 0 AND 86400),
    CONSTRAINT servers_verification_level_check CHECK (verification_level BETWEEN 0 AND 4),
    CONSTRAINT servers_default_message_notifications_check CHECK (default_message_notifications BETWEEN 0 AND 1),
    CONSTRAINT servers_explicit_content_filter_check CHECK (explicit_content_filter BETWEEN 0 AND 2),
    CONSTRAINT servers_mfa_level_check CHECK (mfa_level BETWEEN 0 AND 1),
    CONSTRAINT servers_system_channel_flags_check CHECK (system_channel_flags >= 0),
    CONSTRAINT servers_preferred_locale_check CHECK (preferred_locale ~ '^[a-z]{2}(-[A-Z]{2})?$'),
    CONSTRAINT servers_premium_tier_check CHECK (premium_tier BETWEEN 0 AND 3),
    CONSTRAINT servers_premium_subscription_count_check CHECK (premium_subscription_count >= 0),
    CONSTRAINT servers_vanity_url_code_check CHECK (vanity_url_code ~ '^[a-z0-9-]{2,50}$'),
    -- The counter is kept under a lock on this row, so this is the limit, also for those who join at the same instant.
    CONSTRAINT servers_member_count_check CHECK (member_count BETWEEN 0 AND max_members),
    CONSTRAINT servers_max_presences_check CHECK (max_presences > 0)
);

COMMENT ON TABLE servers IS 'Communities. member_count and premium_subscription_count are kept by triggers, checked by counters.toml.';

CREATE TABLE server_settings (
    server_id        uuid        PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
    is_discoverable  boolean     NOT NULL DEFAULT FALSE,
    slow_mode        boolean     NOT NULL DEFAULT FALSE,
    ai_analysis      boolean     NOT NULL DEFAULT TRUE,
    ai_summaries     boolean     NOT NULL DEFAULT TRUE,
    welcome_screen   jsonb       NOT NULL DEFAULT '{}',
    auto_moderation  jsonb       NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT server_settings_welcome_screen_check CHECK (jsonb_typeof(welcome_screen) = 'object'),
    CONSTRAINT server_settings_auto_moderation_check CHECK (jsonb_typeof(auto_moderation) = 'object')
);

COMMENT ON TABLE server_settings IS 'What the owner of a server can switch: one row a server, made by trigger.';

CREATE TABLE server_members (
    id                            uuid        PRIMARY KEY DEFAULT uuidv7(),
    server_id                     uuid        NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    user_id                       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    nickname                      text,
    joined_at                     timestamptz NOT NULL DEFAULT now(),
    premium_since                 timestamptz,
    deaf                          boolean     NOT NULL DEFAULT FALSE,
    mute                          boolean     NOT NULL DEFAULT FALSE,
    pending                       boolean     NOT NULL DEFAULT FALSE,
    -- What this member may do beyond his roles; NULL is nothing more.
    permissions                   bigint,
    communication_disabled_until  timestamptz,
    created_at                    timestamptz NOT NULL DEFAULT now(),
    updated_at                    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT server_members_server_id_user_id_key UNIQUE (server_id, user_id),
    -- For those who must belong to the same server: see member_roles.
    CONSTRAINT server_members_id_server_id_key UNIQUE (id, server_id),
    CONSTRAINT server_members_nickname_check CHECK (length(nickname) BETWEEN 1 AND 32),
    CONSTRAINT server_members_permissions_check CHECK (permissions BETWEEN 0 AND 2199023255551)
);

COMMENT ON TABLE server_members IS 'Who belongs to which server.';

CREATE TABLE permissions (
    bit          integer PRIMARY KEY,
    name         text    NOT NULL,
    description  text    NOT NULL,
    CONSTRAINT permissions_name_key UNIQUE (name),
    -- Every mask here is below 2 ^ 41: the CHECKs of the masks say so, and grow with this one.
    CONSTRAINT permissions_bit_check CHECK (bit BETWEEN 0 AND 40),
    CONSTRAINT permissions_name_check CHECK (name ~ '^[A-Z][A-Z_]{1,49}$')
);

COMMENT ON TABLE permissions IS 'What each bit of a permission mask is called.';

INSERT INTO permissions (bit, name, description) VALUES
    (0, 'CREATE_INSTANT_INVITE', 'Invite people'),
    (1, 'KICK_MEMBERS', 'Remove members'),
    (2, 'BAN_MEMBERS', 'Remove members for good'),
    (3, 'ADMINISTRATOR', 'Everything, in every channel'),
    (4, 'MANAGE_CHANNELS', 'Make, change and delete channels'),
    (5, 'MANAGE_SERVER', 'Change the server'),
    (6, 'ADD_REACTIONS', 'React with an emoji that nobody used yet'),
    (7, 'VIEW_AUDIT_LOG', 'Read the audit log'),
    (8, 'PRIORITY_SPEAKER', 'Be heard above others'),
    (9, 'STREAM', 'Share video'),
    (10, 'VIEW_CHANNEL', 'See the channel; without it nothing else holds there'),
    (11, 'SEND_MESSAGES', 'Write'),
    (12, 'SEND_TTS_MESSAGES', 'Write messages that are read aloud'),
    (13, 'MANAGE_MESSAGES', 'Delete and pin messages of others'),
    (14, 'EMBED_LINKS', 'Have links shown as cards'),
    (15, 'ATTACH_FILES', 'Attach files'),
    (16, 'READ_MESSAGE_HISTORY', 'Read what was written before'),
    (17, 'MENTION_EVERYONE', 'Mention everyone and every role'),
    (18, 'USE_EXTERNAL_EMOJIS', 'Use emoji of other servers'),
    (19, 'VIEW_SERVER_INSIGHTS', 'See the health of the community'),
    (20, 'CONNECT', 'Join a voice channel'),
    (21, 'SPEAK', 'Speak there'),
    (22, 'MUTE_MEMBERS', 'Mute others there'),
    (23, 'DEAFEN_MEMBERS', 'Deafen others there'),
    (24, 'MOVE_MEMBERS', 'Move others between voice channels'),
    (25, 'USE_VOICE_ACTIVITY', 'Speak without pressing a key'),
    (26, 'CHANGE_NICKNAME', 'Change the own nickname'),
    (27, 'MANAGE_NICKNAMES', 'Change nicknames of others'),
    (28, 'MANAGE_ROLES', 'Make, change and give roles below the own highest'),
    (29, 'MANAGE_WEBHOOKS', 'Make, change and delete webhooks'),
    (30, 'MANAGE_EMOJIS', 'Add and remove emoji'),
    (31, 'USE_COMMANDS', 'Use commands of applications'),
    (32, 'REQUEST_TO_SPEAK', 'Ask to speak on a stage'),
    (33, 'MANAGE_EVENTS', 'Make, change and delete events'),
    (34, 'MANAGE_THREADS', 'Archive and delete threads'),
    (35, 'CREATE_THREADS', 'Begin threads'),
    (36, 'SEND_MESSAGES_IN_THREADS', 'Write in threads'),
    (37, 'MODERATE_MEMBERS', 'Give members a timeout'),
    (38, 'MANAGE_PROJECTS', 'Make and change projects of the server'),
    (39, 'EDIT_DOCUMENTS', 'Write documents of the server''s projects'),
    (40, 'VIEW_AI_ANALYSIS', 'See what the analysis says about messages');

CREATE TABLE roles (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    server_id      uuid        NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    name           text        NOT NULL,
    color          integer     NOT NULL DEFAULT 0,
    hoist          boolean     NOT NULL DEFAULT FALSE,
    icon_url       text,
    unicode_emoji  text,
    position       integer     NOT NULL DEFAULT 0,
    permissions    bigint      NOT NULL DEFAULT 0,
    managed        boolean     NOT NULL DEFAULT FALSE,
    mentionable    boolean     NOT NULL DEFAULT FALSE,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    -- For those who must belong to the same server.
    CONSTRAINT roles_id_server_id_key UNIQUE (id, server_id),
    CONSTRAINT roles_name_check CHECK (length(name) BETWEEN 1 AND 100),
    CONSTRAINT roles_color_check CHECK (color BETWEEN 0 AND 16777215),
    CONSTRAINT roles_icon_url_check CHECK (icon_url ~ '^https?://' AND length(icon_url) <= 500),
    CONSTRAINT roles_unicode_emoji_check CHECK (length(unicode_emoji) BETWEEN 1 AND 100),
    CONSTRAINT roles_position_check CHECK (position >= 0),
    CONSTRAINT roles_permissions_check CHECK (permissions BETWEEN 0 AND 2199023255551)
);

COMMENT ON TABLE roles IS 'Roles of a server. The one whose id is the server''s id is @everyone: every member has it.';

CREATE TABLE role_permissions (
    role_id     uuid        NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    permission  text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission),
    CONSTRAINT role_permissions_permission_fkey FOREIGN KEY (permission) REFERENCES permissions (name)
);

COMMENT ON TABLE role_permissions IS 'The permissions of a role by name; roles.permissions is the same as a mask. Triggers keep both in step.';

CREATE TABLE member_roles (
    -- Of the member and of the role: a role is given to members of its own server.
    server_id    uuid        NOT NULL,
    member_id    uuid        NOT NULL,
    role_id      uuid        NOT NULL,
    assigned_at  timestamptz NOT NULL DEFAULT now(),
    assigned_by  uuid,
    CONSTRAINT member_roles_pkey PRIMARY KEY (member_id, role_id),
    CONSTRAINT member_roles_member_id_fkey FOREIGN KEY (member_id, server_id)
        REFERENCES server_members (id, server_id) ON DELETE CASCADE,
    CONSTRAINT member_roles_role_id_fkey FOREIGN KEY (role_id, server_id)
        REFERENCES roles (id, server_id) ON DELETE CASCADE,
    CONSTRAINT member_roles_assigned_by_fkey FOREIGN KEY (assigned_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT member_roles_not_everyone_check CHECK (role_id <> server_id)
);

COMMENT ON TABLE member_roles IS 'Which roles a member has, beside @everyone.';

ALTER TABLE servers
    -- The owner is a member. Deferred, for a server is there before its members.
    ADD CONSTRAINT servers_owner_id_fkey FOREIGN KEY (id, owner_id)
        REFERENCES server_members (server_id, user_id) DEFERRABLE INITIALLY DEFERRED,
    -- A server has its @everyone as long as it is there itself.
    ADD CONSTRAINT servers_everyone_role_fkey FOREIGN KEY (id, id)
        REFERENCES roles (id, server_id) DEFERRABLE INITIALLY DEFERRED;

CREATE TABLE audit_logs (
    id          uuid        NOT NULL DEFAULT uuidv7(),
    -- No foreign keys: the log says what happened to rows that may be gone.
    server_id   uuid,
    actor_id    uuid,
    action      text        NOT NULL,
    table_name  text        NOT NULL,
    row_id      uuid        NOT NULL,
    old_values  jsonb,
    new_values  jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_logs_pkey PRIMARY KEY (created_at, id),
    CONSTRAINT audit_logs_action_check CHECK (action IN ('insert', 'update', 'delete', 'soft_delete', 'restore')),
    CONSTRAINT audit_logs_old_values_check CHECK (jsonb_typeof(old_values) = 'object'),
    CONSTRAINT audit_logs_new_values_check CHECK (jsonb_typeof(new_values) = 'object'),
    CONSTRAINT audit_logs_values_check CHECK (
        CASE action
            WHEN 'insert' THEN old_values IS NULL AND new_values IS NOT NULL
            WHEN 'delete' THEN old_values IS NOT NULL AND new_values IS NULL
            ELSE old_values IS NOT NULL AND new_values IS NOT NULL
        END
    )
) PARTITION BY RANGE (created_at);

CREATE TABLE audit_logs_default PARTITION OF audit_logs DEFAULT;

COMMENT ON TABLE audit_logs IS 'Who changed what, written by triggers, without secrets; never changed. Partitioned by month.';
