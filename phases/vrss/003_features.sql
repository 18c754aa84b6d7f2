-- VRSS, phase 3 of 4: profile sections, custom feeds, lists.

CREATE TABLE profile_sections (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type        text        NOT NULL,
    title       text        NOT NULL,
    position    integer     NOT NULL,
    is_visible  boolean     NOT NULL DEFAULT TRUE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    -- Deferrable, so that two sections can change places in one transaction.
    CONSTRAINT profile_sections_user_id_position_key UNIQUE (user_id, position) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT profile_sections_type_check
        CHECK (type IN ('about', 'gallery', 'links', 'posts', 'friends', 'lists', 'custom')),
    CONSTRAINT profile_sections_title_check CHECK (length(title) BETWEEN 1 AND 120),
    CONSTRAINT profile_sections_position_check CHECK (position >= 0)
);

COMMENT ON TABLE profile_sections IS 'The blocks of a profile page, in order.';

CREATE TABLE section_content (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    section_id  uuid        NOT NULL REFERENCES profile_sections (id) ON DELETE CASCADE,
    type        text        NOT NULL,
    -- The pinned post goes away with the post; text, image and link stand for themselves.
    post_id     uuid        REFERENCES posts (id) ON DELETE CASCADE,
    body        text,
    url         text,
    position    integer     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT section_content_section_id_position_key UNIQUE (section_id, position) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT section_content_type_check CHECK (type IN ('text', 'image', 'link', 'post')),
    CONSTRAINT section_content_matches_type_check CHECK (
        CASE type
            WHEN 'post' THEN post_id IS NOT NULL
            WHEN 'text' THEN body IS NOT NULL
            ELSE url IS NOT NULL
        END
    ),
    CONSTRAINT section_content_body_check CHECK (length(body) BETWEEN 1 AND 5000),
    CONSTRAINT section_content_url_check CHECK (url ~ '^https?://' AND length(url) <= 1000),
    CONSTRAINT section_content_position_check CHECK (position >= 0)
);

COMMENT ON TABLE section_content IS 'What stands in a profile section, in order.';

CREATE TABLE custom_feeds (
    id                uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id           uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name              text        NOT NULL,
    description       text,
    algorithm_config  jsonb       NOT NULL DEFAULT '{"sort": "recent"}',
    is_public         boolean     NOT NULL DEFAULT FALSE,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT custom_feeds_user_id_name_key UNIQUE (user_id, name),
    CONSTRAINT custom_feeds_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT custom_feeds_description_check CHECK (length(description) <= 500),
    CONSTRAINT custom_feeds_algorithm_config_check CHECK (jsonb_typeof(algorithm_config) = 'object')
);

COMMENT ON TABLE custom_feeds IS 'Feeds that users define; algorithm_config follows its model in contracts.py.';

CREATE TABLE feed_filters (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    feed_id     uuid        NOT NULL REFERENCES custom_feeds (id) ON DELETE CASCADE,
    field       text        NOT NULL,
    operator    text        NOT NULL,
    value       text        NOT NULL,
    position    integer     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT feed_filters_feed_id_position_key UNIQUE (feed_id, position) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT feed_filters_field_check CHECK (field IN ('author', 'type', 'content', 'list', 'likes_count', 'age_hours')),
    CONSTRAINT feed_filters_operator_check
        CHECK (operator IN ('equals', 'not_equals', 'contains', 'greater_than', 'less_than')),
    CONSTRAINT feed_filters_value_check CHECK (length(value) BETWEEN 1 AND 500),
    CONSTRAINT feed_filters_position_check CHECK (position >= 0)
);

COMMENT ON TABLE feed_filters IS 'The conditions of a custom feed, applied in order.';

CREATE TABLE user_lists (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id      uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         text        NOT NULL,
    description  text,
    is_private   boolean     NOT NULL DEFAULT TRUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_lists_user_id_name_key UNIQUE (user_id, name),
    CONSTRAINT user_lists_name_check CHECK (length(name) BETWEEN 1 AND 80),
    CONSTRAINT user_lists_description_check CHECK (length(description) <= 500)
);

COMMENT ON TABLE user_lists IS 'Lists of users that a user keeps.';

CREATE TABLE list_members (
    list_id     uuid        NOT NULL REFERENCES user_lists (id) ON DELETE CASCADE,
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT list_members_pkey PRIMARY KEY (list_id, user_id)
);

COMMENT ON TABLE list_members IS 'Who is on a list.';
