-- creator, phase 1 of 4: accounts, and who subscribes to whom.

\ir ../../sql/shared/foundation/uuidv7.sql

CREATE TYPE user_role AS ENUM ('subscriber', 'creator', 'admin');
CREATE TYPE subscription_status AS ENUM ('active', 'cancelled');

CREATE TABLE users (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    email          text        NOT NULL,
    password_hash  text        NOT NULL,
    username       text        NOT NULL,
    bio            text        NOT NULL DEFAULT '',
    role           user_role   NOT NULL DEFAULT 'subscriber',
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    deleted_at     timestamptz,
    CONSTRAINT users_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254),
    CONSTRAINT users_password_hash_check CHECK (length(password_hash) BETWEEN 20 AND 255),
    CONSTRAINT users_username_check CHECK (username ~ '^[A-Za-z0-9_]{3,30}$'),
    CONSTRAINT users_bio_check CHECK (length(bio) <= 2000)
);

-- An address and a name are taken whatever their case, and are shown as they were typed. A soft-deleted account keeps
-- both, so that nobody can take over its links.
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
CREATE UNIQUE INDEX users_username_key ON users (lower(username));

COMMENT ON TABLE users IS 'Accounts of readers and creators. Deleting is soft (deleted_at); a hard delete takes posts and subscriptions along.';

CREATE TABLE subscriptions (
    id             uuid                PRIMARY KEY DEFAULT uuidv7(),
    subscriber_id  uuid                NOT NULL,
    creator_id     uuid                NOT NULL,
    status         subscription_status NOT NULL DEFAULT 'active',
    subscribed_at  timestamptz         NOT NULL DEFAULT now(),
    cancelled_at   timestamptz,
    CONSTRAINT subscriptions_subscriber_id_fkey FOREIGN KEY (subscriber_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT subscriptions_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT subscriptions_not_self_check CHECK (subscriber_id <> creator_id),
    CONSTRAINT subscriptions_status_check CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)),
    CONSTRAINT subscriptions_cancelled_at_check CHECK (cancelled_at >= subscribed_at)
);

-- One that runs; those cancelled before stay as the history of the two.
CREATE UNIQUE INDEX subscriptions_one_active ON subscriptions (subscriber_id, creator_id) WHERE status = 'active';

COMMENT ON TABLE subscriptions IS 'Who subscribes to which creator, and did before: at most one row of a pair is active.';
