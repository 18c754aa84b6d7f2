-- AIPromote, phase 1 of 4: the ten enums, accounts, organizations and their founders, subscriptions, usage.

\ir ../../sql/shared/foundation/uuidv7.sql

CREATE TYPE user_role AS ENUM ('member', 'agency', 'support', 'admin');
CREATE TYPE plan AS ENUM ('free', 'starter', 'growth', 'scale');
CREATE TYPE subscription_status AS ENUM ('trialing', 'active', 'past_due', 'cancelled', 'expired');
CREATE TYPE usage_metric AS ENUM ('content_generations', 'strategy_generations', 'scheduled_posts', 'ai_tokens');
CREATE TYPE platform AS ENUM ('x', 'linkedin', 'instagram', 'facebook', 'threads', 'tiktok', 'youtube');
CREATE TYPE content_type AS ENUM ('post', 'thread', 'article', 'image', 'carousel', 'video', 'story', 'poll');
CREATE TYPE content_status AS ENUM ('draft', 'in_review', 'approved', 'rejected', 'archived');
CREATE TYPE post_status AS ENUM ('pending', 'scheduled', 'queued', 'publishing', 'published', 'failed', 'cancelled');
CREATE TYPE asset_type AS ENUM ('image', 'video', 'audio', 'document');
CREATE TYPE brand_rule_type AS ENUM ('voice', 'vocabulary', 'compliance', 'formatting', 'visual');

COMMENT ON TYPE post_status IS
    'pending: its content is not approved. queued: a job is to publish it. publishing: a worker is at it.';

-- The keys themselves are never in the database: an application has them from its key store, by these names.
CREATE TABLE encryption_keys (
    id          text        PRIMARY KEY,
    algorithm   text        NOT NULL DEFAULT 'aes-256-gcm',
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- From then on it only decrypts: nothing new may be encrypted with it.
    retired_at  timestamptz,
    CONSTRAINT encryption_keys_id_check CHECK (id ~ '^[a-z0-9][a-z0-9._-]{2,30}$'),
    CONSTRAINT encryption_keys_algorithm_check CHECK (algorithm = 'aes-256-gcm'),
    CONSTRAINT encryption_keys_retired_at_check CHECK (retired_at >= created_at)
);

COMMENT ON TABLE encryption_keys IS 'The names of the keys that credentials are encrypted with; never a key.';

-- AES-GCM is broken by the second use of a nonce with the same key, also when the first ciphertext is long overwritten.
-- So every nonce that was ever used stays here, and the primary key refuses its return.
CREATE TABLE encryption_nonces (
    key_id   text        NOT NULL REFERENCES encryption_keys (id) ON DELETE CASCADE,
    nonce    bytea       NOT NULL,
    used_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT encryption_nonces_pkey PRIMARY KEY (key_id, nonce),
    CONSTRAINT encryption_nonces_nonce_check CHECK (octet_length(nonce) = 12)
);

COMMENT ON TABLE encryption_nonces IS 'Every nonce used with a key, for ever; goes when the key is destroyed.';

CREATE TABLE users (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    email          text        NOT NULL,
    password_hash  text        NOT NULL,
    full_name      text        NOT NULL,
    role           user_role   NOT NULL DEFAULT 'member',
    -- The plan of the live subscription, free without one: a trigger on subscriptions keeps it, nobody else may.
    plan           plan        NOT NULL DEFAULT 'free',
    locale         text        NOT NULL DEFAULT 'en',
    last_login_at  timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz,
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254),
    CONSTRAINT users_password_hash_check CHECK (length(password_hash) >= 20),
    CONSTRAINT users_full_name_check CHECK (length(full_name) BETWEEN 1 AND 120),
    CONSTRAINT users_locale_check CHECK (locale ~ '^[a-z]{2}(-[A-Z]{2})?$')
);

-- An address is taken whatever its case, and stays with a soft-deleted account.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

COMMENT ON TABLE users IS 'Accounts. Deleting is soft (deleted_at); a hard delete takes everything of the user along.';

CREATE TABLE organizations (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    -- An organization has one owner and no life without him; whoever leaves hands it over first.
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         text        NOT NULL,
    slug         text        NOT NULL,
    website      text,
    industry     text        NOT NULL,
    stage        text        NOT NULL DEFAULT 'idea',
    -- Countries by ISO 3166 (DE), languages by BCP 47 (de, pt-BR); the first language is the one to write in.
    markets      text[]      NOT NULL DEFAULT '{}',
    languages    text[]      NOT NULL DEFAULT '{en}',
    timezone     text        NOT NULL DEFAULT 'UTC',
    profile      jsonb       NOT NULL DEFAULT '{}',
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    deleted_at   timestamptz,
    CONSTRAINT organizations_slug_key UNIQUE (slug),
    -- The organizations of a user; also the foreign key to users.
    CONSTRAINT organizations_user_id_id_key UNIQUE (user_id, id),
    CONSTRAINT organizations_name_check CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT organizations_slug_check CHECK (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'),
    CONSTRAINT organizations_website_check CHECK (website ~ '^https?://' AND length(website) <= 500),
    CONSTRAINT organizations_industry_check CHECK (length(industry) BETWEEN 1 AND 80),
    CONSTRAINT organizations_stage_check CHECK (stage IN ('idea', 'prototype', 'launched', 'growing', 'established')),
    CONSTRAINT organizations_markets_check
        CHECK (array_to_string(markets, ',', '?') ~ '^([A-Z]{2}(,[A-Z]{2})*)?$'),
    CONSTRAINT organizations_languages_check
        CHECK (array_to_string(languages, ',', '?') ~ '^[a-z]{2}(-[A-Z]{2})?(,[a-z]{2}(-[A-Z]{2})?)*$'),
    CONSTRAINT organizations_timezone_check CHECK (timezone ~ '^[A-Za-z_]+(/[A-Za-z_+-]+)*$'),
    CONSTRAINT organizations_profile_check CHECK (jsonb_typeof(profile) = 'object')
);

COMMENT ON TABLE organizations IS 'The startups that are promoted; everything below belongs to exactly one of them.';

CREATE TABLE founders (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    organization_id  uuid        NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    full_name        text        NOT NULL,
    title            text        NOT NULL,
    bio              text        NOT NULL DEFAULT '',
    -- Whose voice is taken where nothing else is said.
    is_primary       boolean     NOT NULL DEFAULT FALSE,
    social_links     jsonb       NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT founders_organization_id_id_key UNIQUE (organization_id, id),
    CONSTRAINT founders_full_name_check CHECK (length(full_name) BETWEEN 1 AND 120),
    CONSTRAINT founders_title_check CHECK (length(title) BETWEEN 1 AND 80),
    CONSTRAINT founders_bio_check CHECK (length(bio) <= 2000),
    CONSTRAINT founders_social_links_check CHECK (jsonb_typeof(social_links) = 'object')
);

CREATE UNIQUE INDEX founders_one_primary ON founders (organization_id) WHERE is_primary;

COMMENT ON TABLE founders IS 'The people behind an organization, whose voice its content has.';

CREATE TABLE subscriptions (
    id                    uuid                PRIMARY KEY DEFAULT uuidv7(),
    user_id               uuid                NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    plan                  plan                NOT NULL,
    status                subscription_status NOT NULL DEFAULT 'active',
    price_cents           integer             NOT NULL,
    currency              text                NOT NULL DEFAULT 'USD',
    -- What the payment provider calls it; a free plan is known to nobody but us.
    external_id           text,
    started_at            timestamptz         NOT NULL DEFAULT now(),
    current_period_start  timestamptz         NOT NULL,
    current_period_end    timestamptz         NOT NULL,
    cancelled_at          timestamptz,
    created_at            timestamptz         NOT NULL DEFAULT now(),
    updated_at            timestamptz         NOT NULL DEFAULT now(),
    CONSTRAINT subscriptions_external_id_key UNIQUE (external_id),
    CONSTRAINT subscriptions_external_id_check CHECK (length(external_id) BETWEEN 1 AND 64),
    CONSTRAINT subscriptions_price_cents_check CHECK (price_cents >= 0 AND (plan <> 'free' OR price_cents = 0)),
    CONSTRAINT subscriptions_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT subscriptions_period_check
        CHECK (current_period_start >= started_at AND current_period_end > current_period_start),
    CONSTRAINT subscriptions_cancelled_at_check
        CHECK (cancelled_at >= started_at AND (status = 'cancelled') = (cancelled_at IS NOT NULL))
);

-- One live subscription a user; the ended ones are the history.
CREATE UNIQUE INDEX subscriptions_one_live ON subscriptions (user_id)
    WHERE status IN ('trialing', 'active', 'past_due');

COMMENT ON TABLE subscriptions IS 'Billing: who is and was on which plan; at most one lives per user.';

CREATE TABLE usage (
    id               uuid         PRIMARY KEY DEFAULT uuidv7(),
    user_id          uuid         NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id  uuid,
    metric           usage_metric NOT NULL,
    -- Below 0 it gives back: what was charged for work that failed.
    amount           integer      NOT NULL,
    idempotency_key  text         NOT NULL,
    created_at       timestamptz  NOT NULL DEFAULT now(),
    -- Limits are per calendar month (UTC).
    period           date         NOT NULL
        GENERATED ALWAYS AS (date_trunc('month', created_at AT TIME ZONE 'UTC')::date) STORED,
    -- Asked twice, charged once.
    CONSTRAINT usage_user_id_idempotency_key_key UNIQUE (user_id, idempotency_key),
    -- What was used stays used when the organization goes: else deleting one would reset the limits. It also stays with
    -- who paid when the organization is handed over, so the key is not the owner's: refuse_overuse asks when charging.
    CONSTRAINT usage_organization_id_fkey FOREIGN KEY (organization_id)
        REFERENCES organizations (id) ON DELETE SET NULL,
    CONSTRAINT usage_amount_check CHECK (amount <> 0),
    CONSTRAINT usage_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 120)
);

COMMENT ON TABLE usage IS 'What was charged against a plan, line by line; the use of a month is their sum.';
