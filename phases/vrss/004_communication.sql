-- VRSS, phase 4 of 4: conversations and messages, notifications, subscriptions.

CREATE TABLE conversations (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    type             text        NOT NULL,
    title            text,
    -- A conversation outlives the account that opened it.
    created_by       uuid        REFERENCES users (id) ON DELETE SET NULL,
    -- The two of a direct conversation, smaller id first: they have one conversation, not two.
    direct_user_1    uuid        REFERENCES users (id) ON DELETE CASCADE,
    direct_user_2    uuid        REFERENCES users (id) ON DELETE CASCADE,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT conversations_direct_pair_key UNIQUE (direct_user_1, direct_user_2),
    CONSTRAINT conversations_type_check CHECK (type IN ('direct', 'group')),
    CONSTRAINT conversations_title_check CHECK (length(title) BETWEEN 1 AND 120),
    -- Direct: an ordered pair and no title. Group: a title and no pair.
    CONSTRAINT conversations_shape_check CHECK (
        CASE type
            WHEN 'direct' THEN
                title IS NULL AND direct_user_1 IS NOT NULL AND direct_user_2 IS NOT NULL
                AND direct_user_1 < direct_user_2
            ELSE title IS NOT NULL AND direct_user_1 IS NULL AND direct_user_2 IS NULL
        END
    )
);

COMMENT ON TABLE conversations IS 'Direct (one per pair) and group conversations.';

CREATE TABLE conversation_participants (
    conversation_id  uuid        NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id          uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role             text        NOT NULL DEFAULT 'member',
    joined_at        timestamptz NOT NULL DEFAULT now(),
    left_at          timestamptz,
    last_read_at     timestamptz,
    CONSTRAINT conversation_participants_pkey PRIMARY KEY (conversation_id, user_id),
    CONSTRAINT conversation_participants_role_check CHECK (role IN ('owner', 'admin', 'member')),
    CONSTRAINT conversation_participants_left_at_check CHECK (left_at >= joined_at)
);

COMMENT ON TABLE conversation_participants IS 'Who takes part in a conversation, since when, and until when.';

CREATE TABLE messages (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    conversation_id  uuid        NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    -- The others keep what was said to them when its sender deletes his account.
    sender_id        uuid        REFERENCES users (id) ON DELETE SET NULL,
    content          text        NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    deleted_at       timestamptz,
    CONSTRAINT messages_content_check CHECK (length(content) BETWEEN 1 AND 10000)
);

COMMENT ON TABLE messages IS 'Messages of a conversation; sender_id is NULL when the account is gone.';

CREATE TABLE notifications (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Who and what it is about; a notification about something that is gone goes with it.
    actor_id    uuid        REFERENCES users (id) ON DELETE CASCADE,
    post_id     uuid        REFERENCES posts (id) ON DELETE CASCADE,
    comment_id  uuid        REFERENCES comments (id) ON DELETE CASCADE,
    type        text        NOT NULL,
    is_read     boolean     NOT NULL DEFAULT FALSE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    read_at     timestamptz,
    CONSTRAINT notifications_type_check
        CHECK (type IN ('follow', 'friendship', 'like', 'comment', 'reply', 'repost', 'message', 'system')),
    CONSTRAINT notifications_not_self_check CHECK (actor_id <> user_id),
    CONSTRAINT notifications_read_at_check CHECK (is_read = (read_at IS NOT NULL))
);

COMMENT ON TABLE notifications IS 'What happened that a user should know of; the badge counts the unread ones.';

CREATE TABLE user_subscriptions (
    id                  uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id             uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A tier that was ever sold stays on the books.
    tier_id             uuid        NOT NULL REFERENCES subscription_tiers (id) ON DELETE RESTRICT,
    status              text        NOT NULL DEFAULT 'active',
    started_at          timestamptz NOT NULL DEFAULT now(),
    current_period_end  timestamptz NOT NULL,
    cancelled_at        timestamptz,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_subscriptions_status_check CHECK (status IN ('trialing', 'active', 'past_due', 'cancelled', 'expired')),
    CONSTRAINT user_subscriptions_period_check CHECK (current_period_end > started_at),
    CONSTRAINT user_subscriptions_cancelled_at_check
        CHECK (cancelled_at >= started_at AND (status <> 'cancelled' OR cancelled_at IS NOT NULL))
);

-- One running subscription a user.
CREATE UNIQUE INDEX user_subscriptions_one_running ON user_subscriptions (user_id)
    WHERE status IN ('trialing', 'active', 'past_due');

COMMENT ON TABLE user_subscriptions IS 'Who subscribed to which tier, and how it stands; at most one runs per user.';
