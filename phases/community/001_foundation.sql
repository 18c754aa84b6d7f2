-- Community, phase 1 of 4: accounts and how one signs in, communities, their spaces and members.

\ir ../../sql/shared/foundation/uuidv7.sql

-- The document's three enums; what is not an enum there is text with a CHECK, which a migration changes more easily.
CREATE TYPE user_role AS ENUM ('user', 'staff', 'admin');

COMMENT ON TYPE user_role IS 'What a user may do on the platform as a whole; in a community it is members.role.';

CREATE TABLE users (
    id              uuid        PRIMARY KEY DEFAULT uuidv7(),
    username        text        NOT NULL,
    email           text        NOT NULL,
    email_verified  timestamptz,
    name            text        NOT NULL,
    image           text,
    -- NULL: signs in by a provider only (see accounts).
    password_hash   text,
    role            user_role   NOT NULL DEFAULT 'user',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_email_key UNIQUE (email),
    CONSTRAINT users_username_check CHECK (username ~ '^[a-z0-9_]{3,30}$'),
    -- Lower case, here and in all tables with addresses: equal addresses compare equal, and a plain index finds them.
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254 AND email = lower(email)),
    CONSTRAINT users_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT users_image_check CHECK (image ~ '^https?://' AND length(image) <= 500),
    CONSTRAINT users_password_hash_check CHECK (length(password_hash) >= 20)
);

COMMENT ON TABLE users IS 'Who can sign in: by password, by accounts of providers, or both.';

CREATE TABLE accounts (
    id                   uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id              uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type                 text        NOT NULL,
    provider             text        NOT NULL,
    provider_account_id  text        NOT NULL,
    scope                text,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT accounts_provider_provider_account_id_key UNIQUE (provider, provider_account_id),
    -- One account of each provider a user; also what the foreign key to users is served by.
    CONSTRAINT accounts_user_id_provider_key UNIQUE (user_id, provider),
    CONSTRAINT accounts_type_check CHECK (type IN ('oauth', 'oidc', 'email')),
    CONSTRAINT accounts_provider_check CHECK (provider ~ '^[a-z][a-z0-9-]{1,31}$'),
    CONSTRAINT accounts_provider_account_id_check CHECK (length(provider_account_id) BETWEEN 1 AND 255),
    CONSTRAINT accounts_scope_check CHECK (length(scope) <= 500)
);

COMMENT ON TABLE accounts IS 'Who a user is at a sign-in provider. Tokens are not kept: nothing here needs them after the sign-in.';

CREATE TABLE sessions (
    id                  uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id             uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the cookie's token: who reads this table, or a copy of it, can enter no session.
    session_token_hash  text        NOT NULL,
    expires_at          timestamptz NOT NULL,
    user_agent          text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT sessions_session_token_hash_key UNIQUE (session_token_hash),
    CONSTRAINT sessions_session_token_hash_check CHECK (session_token_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT sessions_expires_at_check CHECK (expires_at > created_at),
    CONSTRAINT sessions_user_agent_check CHECK (length(user_agent) <= 500)
);

COMMENT ON TABLE sessions IS 'Who is signed in, until when.';

CREATE TABLE profiles (
    user_id      uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    headline     text,
    bio          text        NOT NULL DEFAULT '',
    location     text,
    website      text,
    preferences  jsonb       NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT profiles_headline_check CHECK (length(headline) BETWEEN 1 AND 120),
    CONSTRAINT profiles_bio_check CHECK (length(bio) <= 2000),
    CONSTRAINT profiles_location_check CHECK (length(location) BETWEEN 1 AND 120),
    CONSTRAINT profiles_website_check CHECK (website ~ '^https?://' AND length(website) <= 500),
    CONSTRAINT profiles_preferences_check CHECK (jsonb_typeof(preferences) = 'object')
);

COMMENT ON TABLE profiles IS 'How a user presents himself, and what he wants to hear of.';

CREATE TABLE communities (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    slug           text        NOT NULL,
    name           text        NOT NULL,
    description    text        NOT NULL DEFAULT '',
    visibility     text        NOT NULL DEFAULT 'public',
    settings       jsonb       NOT NULL DEFAULT '{}',
    members_count  integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT communities_slug_key UNIQUE (slug),
    CONSTRAINT communities_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) BETWEEN 2 AND 64),
    CONSTRAINT communities_name_check CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT communities_description_check CHECK (length(description) <= 5000),
    CONSTRAINT communities_visibility_check CHECK (visibility IN ('public', 'private')),
    CONSTRAINT communities_settings_check CHECK (jsonb_typeof(settings) = 'object'),
    CONSTRAINT communities_members_count_check CHECK (members_count >= 0)
);

COMMENT ON TABLE communities IS 'A community. members_count is kept by triggers and checked by counters.toml.';

CREATE TABLE spaces (
    id            uuid        PRIMARY KEY DEFAULT uuidv7(),
    community_id  uuid        NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
    slug          text        NOT NULL,
    name          text        NOT NULL,
    description   text        NOT NULL DEFAULT '',
    kind          text        NOT NULL DEFAULT 'discussion',
    position      integer     NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    -- What posts refer to: a space together with the community it lies in.
    CONSTRAINT spaces_id_community_id_key UNIQUE (id, community_id),
    CONSTRAINT spaces_community_id_slug_key UNIQUE (community_id, slug),
    CONSTRAINT spaces_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) BETWEEN 2 AND 64),
    CONSTRAINT spaces_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT spaces_description_check CHECK (length(description) <= 1000),
    CONSTRAINT spaces_kind_check CHECK (kind IN ('announcements', 'discussion', 'questions', 'showcase', 'resources')),
    CONSTRAINT spaces_position_check CHECK (position >= 0)
);

COMMENT ON TABLE spaces IS 'The rooms of a community; every post lies in one.';

CREATE TABLE members (
    community_id  uuid        NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role          text        NOT NULL DEFAULT 'member',
    joined_at     timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT members_pkey PRIMARY KEY (community_id, user_id),
    CONSTRAINT members_role_check CHECK (role IN ('owner', 'admin', 'moderator', 'member'))
);

-- At most one owner; to hand a community over, the old owner's role changes first.
CREATE UNIQUE INDEX members_one_owner ON members (community_id) WHERE role = 'owner';

COMMENT ON TABLE members IS 'Who belongs to a community, and as what. Who leaves loses his seats at its events.';
