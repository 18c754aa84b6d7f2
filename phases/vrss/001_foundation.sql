-- VRSS, phase 1 of 4: identity, profiles, subscription tiers, storage quotas.
--
-- The platform's document says 19 tables and lists 21; its list is the more detailed place, so these phases
-- build the 21, and conversation_participants, without which a group conversation has no members.

-- PostgreSQL 18 has uuidv7(). Below it this function makes values of the same shape (RFC 9562, version 7): 48 bits
-- of milliseconds, then 12 bits of the fraction of a millisecond, then random bits. Ids are time-ordered either way.
DO $$
BEGIN
    IF to_regprocedure('pg_catalog.uuidv7()') IS NULL THEN
        CREATE FUNCTION uuidv7() RETURNS uuid
        LANGUAGE sql VOLATILE PARALLEL SAFE
        AS $function$
            SELECT encode(
                       substring(int8send(t.us / 1000) FROM 3)
                       || substring(int8send((7::bigint << 12) | ((t.us % 1000) * 4096 / 1000)) FROM 7)
                       || substring(uuid_send(gen_random_uuid()) FROM 9),
                       'hex'
                   )::uuid
            FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) AS t
        $function$;

        COMMENT ON FUNCTION uuidv7() IS 'Time-ordered UUID, version 7; PostgreSQL 18 has its own.';
    END IF;
END
$$;

CREATE TABLE subscription_tiers (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    slug           text        NOT NULL,
    name           text        NOT NULL,
    price_cents    integer     NOT NULL,
    currency       text        NOT NULL DEFAULT 'USD',
    quota_bytes    bigint      NOT NULL,
    is_default     boolean     NOT NULL DEFAULT FALSE,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscription_tiers_slug_key UNIQUE (slug),
    CONSTRAINT subscription_tiers_slug_check CHECK (slug ~ '^[a-z][a-z0-9_-]{0,31}$'),
    CONSTRAINT subscription_tiers_name_check CHECK (length(name) BETWEEN 1 AND 64),
    CONSTRAINT subscription_tiers_price_cents_check CHECK (price_cents >= 0),
    CONSTRAINT subscription_tiers_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT subscription_tiers_quota_bytes_check CHECK (quota_bytes >= 0)
);

-- At most one tier is the one that new users start with.
CREATE UNIQUE INDEX subscription_tiers_one_default ON subscription_tiers (is_default) WHERE is_default;

COMMENT ON TABLE subscription_tiers IS 'What can be subscribed to: its price and the storage it brings.';

CREATE TABLE users (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    username       text        NOT NULL,
    email          text        NOT NULL,
    password_hash  text        NOT NULL,
    status         text        NOT NULL DEFAULT 'active',
    last_login_at  timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz,
    CONSTRAINT users_username_check CHECK (username ~ '^[a-z0-9_]{3,30}$'),
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254),
    CONSTRAINT users_password_hash_check CHECK (length(password_hash) >= 20),
    CONSTRAINT users_status_check CHECK (status IN ('active', 'suspended', 'deactivated'))
);

-- A name is taken whatever its case; usernames are lower case already. A soft-deleted user keeps his name, so that
-- nobody can take over his links.
CREATE UNIQUE INDEX users_username_key ON users (username);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

COMMENT ON TABLE users IS 'Accounts. Deleting is soft (deleted_at); a hard delete takes everything of the user along.';

CREATE TABLE user_profiles (
    user_id            uuid        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    display_name       text        NOT NULL,
    bio                text        NOT NULL DEFAULT '',
    location           text,
    website            text,
    avatar_url         text,
    background_config  jsonb       NOT NULL DEFAULT '{"type": "color", "value": "#ffffff"}',
    style_config       jsonb       NOT NULL DEFAULT '{}',
    visibility         text        NOT NULL DEFAULT 'public',
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_profiles_display_name_check CHECK (length(display_name) BETWEEN 1 AND 80),
    CONSTRAINT user_profiles_bio_check CHECK (length(bio) <= 1000),
    CONSTRAINT user_profiles_location_check CHECK (length(location) BETWEEN 1 AND 120),
    CONSTRAINT user_profiles_website_check CHECK (website ~ '^https?://' AND length(website) <= 500),
    CONSTRAINT user_profiles_avatar_url_check CHECK (avatar_url ~ '^https?://' AND length(avatar_url) <= 500),
    CONSTRAINT user_profiles_background_config_check CHECK (jsonb_typeof(background_config) = 'object'),
    CONSTRAINT user_profiles_style_config_check CHECK (jsonb_typeof(style_config) = 'object'),
    CONSTRAINT user_profiles_visibility_check CHECK (visibility IN ('public', 'followers', 'private'))
);

COMMENT ON TABLE user_profiles IS 'How a user presents himself; the JSON documents follow the models in contracts.py.';

CREATE TABLE storage_usage (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    quota_bytes  bigint      NOT NULL,
    used_bytes   bigint      NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT storage_usage_user_id_key UNIQUE (user_id),
    CONSTRAINT storage_usage_quota_bytes_check CHECK (quota_bytes >= 0),
    -- No CHECK (used_bytes <= quota_bytes): a downgrade may leave a user above his new quota. What may never happen
    -- is an upload beyond it, and that is what the trigger on post_media refuses.
    CONSTRAINT storage_usage_used_bytes_check CHECK (used_bytes >= 0)
);

COMMENT ON TABLE storage_usage IS 'Bytes a user may store and does store; used_bytes is kept by triggers on post_media.';
