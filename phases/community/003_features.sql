-- Community, phase 3 of 4: events with seats and waiting lists, paid tiers and subscriptions, product analytics.

CREATE TYPE subscription_status AS ENUM ('active', 'past_due', 'cancelled', 'expired');

COMMENT ON TYPE subscription_status IS 'active and past_due still run; cancelled and expired are history.';

CREATE TABLE events (
    id               uuid        PRIMARY KEY DEFAULT uuidv7(),
    community_id     uuid        NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
    -- An event takes place without the account that announced it.
    host_id          uuid        REFERENCES users (id) ON DELETE SET NULL,
    title            text        NOT NULL,
    description      text        NOT NULL DEFAULT '',
    location         text,
    meeting_url      text,
    starts_at        timestamptz NOT NULL,
    ends_at          timestamptz NOT NULL,
    status           text        NOT NULL DEFAULT 'scheduled',
    -- NULL: as many as come. It may be lowered below attendees_count: nobody is sent away, and nobody new gets in.
    capacity         integer,
    attendees_count  integer     NOT NULL DEFAULT 0,
    waiting_count    integer     NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_id_community_id_key UNIQUE (id, community_id),
    CONSTRAINT events_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT events_description_check CHECK (length(description) <= 10000),
    CONSTRAINT events_place_check CHECK (location IS NOT NULL OR meeting_url IS NOT NULL),
    CONSTRAINT events_location_check CHECK (length(location) BETWEEN 1 AND 200),
    CONSTRAINT events_meeting_url_check CHECK (meeting_url ~ '^https?://' AND length(meeting_url) <= 500),
    CONSTRAINT events_ends_at_check CHECK (ends_at > starts_at),
    CONSTRAINT events_status_check CHECK (status IN ('scheduled', 'cancelled')),
    CONSTRAINT events_capacity_check CHECK (capacity > 0),
    CONSTRAINT events_attendees_count_check CHECK (attendees_count >= 0),
    CONSTRAINT events_waiting_count_check CHECK (waiting_count >= 0)
);

COMMENT ON TABLE events IS 'What a community meets for. Both counts are kept by triggers on event_rsvps, which also give the seats.';

CREATE TABLE event_rsvps (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    event_id       uuid        NOT NULL,
    community_id   uuid        NOT NULL,
    user_id        uuid        NOT NULL,
    -- going asks for a seat; whoever finds none is waiting instead (see the triggers).
    status         text        NOT NULL DEFAULT 'going',
    waiting_since  timestamptz,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_rsvps_event_id_user_id_key UNIQUE (event_id, user_id),
    CONSTRAINT event_rsvps_event_id_fkey FOREIGN KEY (event_id, community_id)
        REFERENCES events (id, community_id) ON DELETE CASCADE,
    -- Members only; who leaves the community frees his seats.
    CONSTRAINT event_rsvps_user_id_fkey FOREIGN KEY (community_id, user_id)
        REFERENCES members (community_id, user_id) ON DELETE CASCADE,
    CONSTRAINT event_rsvps_status_check CHECK (status IN ('going', 'waiting', 'cancelled')),
    CONSTRAINT event_rsvps_waiting_since_check CHECK ((status = 'waiting') = (waiting_since IS NOT NULL))
);

COMMENT ON TABLE event_rsvps IS 'Who comes to an event, who waits for a seat since when, and who has cancelled.';

CREATE TABLE subscription_tiers (
    id                uuid        PRIMARY KEY DEFAULT uuidv7(),
    community_id      uuid        NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
    slug              text        NOT NULL,
    name              text        NOT NULL,
    description       text        NOT NULL DEFAULT '',
    price_cents       integer     NOT NULL,
    currency          text        NOT NULL DEFAULT 'USD',
    billing_interval  text        NOT NULL DEFAULT 'month',
    is_offered        boolean     NOT NULL DEFAULT TRUE,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscription_tiers_id_community_id_key UNIQUE (id, community_id),
    CONSTRAINT subscription_tiers_community_id_slug_key UNIQUE (community_id, slug),
    CONSTRAINT subscription_tiers_slug_check CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND length(slug) BETWEEN 2 AND 64),
    CONSTRAINT subscription_tiers_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT subscription_tiers_description_check CHECK (length(description) <= 1000),
    CONSTRAINT subscription_tiers_price_cents_check CHECK (price_cents >= 0),
    CONSTRAINT subscription_tiers_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT subscription_tiers_billing_interval_check CHECK (billing_interval IN ('month', 'year'))
);

COMMENT ON TABLE subscription_tiers IS 'What a community sells, at what price.';

CREATE TABLE subscriptions (
    id                  uuid                PRIMARY KEY DEFAULT uuidv7(),
    subscriber_id       uuid                NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    community_id        uuid                NOT NULL,
    tier_id             uuid                NOT NULL,
    status              subscription_status NOT NULL DEFAULT 'active',
    subscribed_at       timestamptz         NOT NULL DEFAULT now(),
    current_period_end  timestamptz         NOT NULL,
    cancelled_at        timestamptz,
    created_at          timestamptz         NOT NULL DEFAULT now(),
    updated_at          timestamptz         NOT NULL DEFAULT now(),
    -- The tier is one of the community subscribed to; and one that was ever sold stays on the books.
    CONSTRAINT subscriptions_tier_id_fkey FOREIGN KEY (tier_id, community_id)
        REFERENCES subscription_tiers (id, community_id) ON DELETE RESTRICT,
    CONSTRAINT subscriptions_current_period_end_check CHECK (current_period_end > subscribed_at),
    CONSTRAINT subscriptions_cancelled_at_check
        CHECK (cancelled_at >= subscribed_at AND (status <> 'cancelled' OR cancelled_at IS NOT NULL))
);

-- One running subscription a subscriber and community; what was before it stays as history.
CREATE UNIQUE INDEX subscriptions_one_running ON subscriptions (subscriber_id, community_id)
    WHERE status IN ('active', 'past_due');

COMMENT ON TABLE subscriptions IS 'Who pays for which community, by which tier, and who did before.';

CREATE TABLE analytics_events (
    id            uuid        NOT NULL DEFAULT uuidv7(),
    event_name    text        NOT NULL,
    -- NULL: a visitor who was not signed in, or whose account is gone.
    user_id       uuid        REFERENCES users (id) ON DELETE SET NULL,
    anonymous_id  text,
    properties    jsonb       NOT NULL DEFAULT '{}',
    "timestamp"   timestamptz NOT NULL DEFAULT now(),
    -- The partition key is in every unique key. It comes first, so this is also the document's index on timestamp.
    CONSTRAINT analytics_events_pkey PRIMARY KEY ("timestamp", id),
    CONSTRAINT analytics_events_event_name_check CHECK (event_name ~ '^[a-z][a-z0-9_]*$' AND length(event_name) <= 64),
    CONSTRAINT analytics_events_anonymous_id_check CHECK (length(anonymous_id) BETWEEN 1 AND 64),
    CONSTRAINT analytics_events_properties_check CHECK (jsonb_typeof(properties) = 'object')
) PARTITION BY RANGE ("timestamp");

-- Takes what no month is there for, so that no event is lost; platformdb partitions status watches that it stays empty.
CREATE TABLE analytics_events_default PARTITION OF analytics_events DEFAULT;

COMMENT ON TABLE analytics_events IS 'What happens in the product, by month; see partitions.toml.';
