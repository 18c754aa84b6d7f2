-- Community, phase 4 of 4: notifications and activity, contact, e-mail.

CREATE TABLE notifications (
    id            uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type          text        NOT NULL,
    -- Who and what it is about; a notification about something that is gone goes with it.
    actor_id      uuid        REFERENCES users (id) ON DELETE CASCADE,
    post_id       uuid        REFERENCES posts (id) ON DELETE CASCADE,
    comment_id    uuid        REFERENCES comments (id) ON DELETE CASCADE,
    event_id      uuid        REFERENCES events (id) ON DELETE CASCADE,
    data          jsonb       NOT NULL DEFAULT '{}',
    read_at       timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT notifications_type_check
        CHECK (type IN ('comment', 'reply', 'event_reminder', 'event_seat', 'subscription', 'welcome', 'system')),
    CONSTRAINT notifications_not_self_check CHECK (actor_id <> user_id),
    CONSTRAINT notifications_data_check CHECK (jsonb_typeof(data) = 'object'),
    CONSTRAINT notifications_read_at_check CHECK (read_at >= created_at)
);

COMMENT ON TABLE notifications IS 'What a user should know of; the badge counts those without read_at.';

CREATE TABLE activity (
    id            uuid        PRIMARY KEY DEFAULT uuidv7(),
    community_id  uuid        NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
    user_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type          text        NOT NULL,
    post_id       uuid,
    event_id      uuid,
    metadata      jsonb       NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT activity_post_id_fkey FOREIGN KEY (post_id, community_id)
        REFERENCES posts (id, community_id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT activity_event_id_fkey FOREIGN KEY (event_id, community_id)
        REFERENCES events (id, community_id) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT activity_type_check CHECK (type IN ('joined', 'posted', 'commented', 'attended', 'subscribed')),
    CONSTRAINT activity_subject_check CHECK (
        (type IN ('posted', 'commented')) = (post_id IS NOT NULL) AND (type = 'attended') = (event_id IS NOT NULL)
    ),
    CONSTRAINT activity_metadata_check CHECK (jsonb_typeof(metadata) = 'object')
);

COMMENT ON TABLE activity IS 'What members did, for the activity feed of a community.';

CREATE TABLE contact_submissions (
    id            uuid        PRIMARY KEY DEFAULT uuidv7(),
    name          text        NOT NULL,
    email         text        NOT NULL,
    inquiry_type  text        NOT NULL DEFAULT 'general',
    message       text        NOT NULL,
    status        text        NOT NULL DEFAULT 'new',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contact_submissions_name_check CHECK (length(name) BETWEEN 1 AND 120),
    CONSTRAINT contact_submissions_email_check
        CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254 AND email = lower(email)),
    CONSTRAINT contact_submissions_inquiry_type_check
        CHECK (inquiry_type IN ('general', 'support', 'sales', 'partnership', 'press')),
    CONSTRAINT contact_submissions_message_check CHECK (length(message) BETWEEN 1 AND 10000),
    CONSTRAINT contact_submissions_status_check CHECK (status IN ('new', 'open', 'answered', 'spam'))
);

COMMENT ON TABLE contact_submissions IS 'What was sent by the contact form, signed in or not.';

CREATE TABLE email_jobs (
    id                uuid        PRIMARY KEY DEFAULT uuidv7(),
    -- What makes it the same mail, such as digest:<user>:2026-09-01: a second insert of it fails, or does nothing.
    idempotency_key   text        NOT NULL,
    -- A receipt stays on the books when the account is gone.
    user_id           uuid        REFERENCES users (id) ON DELETE SET NULL,
    email             text        NOT NULL,
    email_type        text        NOT NULL,
    payload           jsonb       NOT NULL DEFAULT '{}',
    status            text        NOT NULL DEFAULT 'pending',
    scheduled_at      timestamptz NOT NULL DEFAULT now(),
    sent_at           timestamptz,
    -- Why it was not sent: suppressed by what, or the last error.
    reason            text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT email_jobs_idempotency_key_key UNIQUE (idempotency_key),
    CONSTRAINT email_jobs_idempotency_key_check CHECK (length(idempotency_key) BETWEEN 1 AND 200),
    CONSTRAINT email_jobs_email_check CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254 AND email = lower(email)),
    CONSTRAINT email_jobs_email_type_check
        CHECK (email_type IN ('welcome', 'password_reset', 'receipt', 'reply', 'event_reminder', 'digest', 'newsletter')),
    CONSTRAINT email_jobs_payload_check CHECK (jsonb_typeof(payload) = 'object'),
    CONSTRAINT email_jobs_status_check CHECK (status IN ('pending', 'sent', 'failed', 'suppressed')),
    CONSTRAINT email_jobs_sent_at_check CHECK ((status = 'sent') = (sent_at IS NOT NULL)),
    CONSTRAINT email_jobs_reason_check CHECK (status NOT IN ('failed', 'suppressed') OR reason IS NOT NULL)
);

COMMENT ON TABLE email_jobs IS 'Mails to be sent, and what became of them. Each has a job in the queue email, made with it.';

CREATE TABLE email_feedback (
    id                 uuid        PRIMARY KEY DEFAULT uuidv7(),
    -- The provider's own number: it reports some things twice.
    provider_event_id  text        NOT NULL,
    email              text        NOT NULL,
    type               text        NOT NULL,
    email_job_id       uuid        REFERENCES email_jobs (id) ON DELETE SET NULL,
    details            jsonb       NOT NULL DEFAULT '{}',
    processed          boolean     NOT NULL DEFAULT FALSE,
    created_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT email_feedback_provider_event_id_key UNIQUE (provider_event_id),
    CONSTRAINT email_feedback_provider_event_id_check CHECK (length(provider_event_id) BETWEEN 1 AND 200),
    CONSTRAINT email_feedback_email_check
        CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254 AND email = lower(email)),
    CONSTRAINT email_feedback_type_check CHECK (type IN ('delivery', 'soft_bounce', 'bounce', 'complaint')),
    CONSTRAINT email_feedback_details_check CHECK (jsonb_typeof(details) = 'object')
);

COMMENT ON TABLE email_feedback IS 'What the mail provider reports. After a bounce or a complaint an address gets no more mail.';

CREATE TABLE email_unsubscribes (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    email       text        NOT NULL,
    -- NULL: from everything but what must be sent (receipts, password resets).
    email_type  text,
    reason      text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT email_unsubscribes_email_email_type_key UNIQUE NULLS NOT DISTINCT (email, email_type),
    CONSTRAINT email_unsubscribes_email_check
        CHECK (email ~ '^[^@\s]+@[^@\s]+$' AND length(email) <= 254 AND email = lower(email)),
    CONSTRAINT email_unsubscribes_email_type_check
        CHECK (email_type IN ('welcome', 'reply', 'event_reminder', 'digest', 'newsletter')),
    CONSTRAINT email_unsubscribes_reason_check CHECK (length(reason) BETWEEN 1 AND 500)
);

COMMENT ON TABLE email_unsubscribes IS 'Who wants no more of a type of mail, or of all types.';

-- The queue that delivers them. Where the provider is down for a day, nothing is lost: twelve attempts are 28 hours.
\ir ../../sql/shared/jobs/tables.sql

INSERT INTO job_queues (name, lease, max_attempts, backoff, backoff_cap, keep_done)
VALUES ('email', '2 minutes', 12, '1 minute', '6 hours', '30 days');
