-- VRSS, phase 2 of 4: posts and media, follows and friendships, interactions, comments, reposts.

CREATE TABLE posts (
    id              uuid        PRIMARY KEY DEFAULT uuidv7(),
    user_id         uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type            text        NOT NULL DEFAULT 'text',
    title           text,
    content         text        NOT NULL DEFAULT '',
    status          text        NOT NULL DEFAULT 'published',
    visibility      text        NOT NULL DEFAULT 'public',
    likes_count     integer     NOT NULL DEFAULT 0,
    comments_count  integer     NOT NULL DEFAULT 0,
    reposts_count   integer     NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz,
    CONSTRAINT posts_type_check CHECK (type IN ('text', 'image', 'video', 'audio', 'link')),
    CONSTRAINT posts_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT posts_content_check CHECK (length(content) <= 20000),
    CONSTRAINT posts_status_check CHECK (status IN ('draft', 'published', 'archived')),
    CONSTRAINT posts_visibility_check CHECK (visibility IN ('public', 'followers', 'friends', 'private')),
    CONSTRAINT posts_likes_count_check CHECK (likes_count >= 0),
    CONSTRAINT posts_comments_count_check CHECK (comments_count >= 0),
    CONSTRAINT posts_reposts_count_check CHECK (reposts_count >= 0)
);

COMMENT ON TABLE posts IS 'What users publish. The three counts are kept by triggers and checked by counters.toml.';

CREATE TABLE post_media (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    post_id     uuid        NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    -- Who uploaded it and is charged for it: when a post is deleted, its media go by cascade, and by then a trigger
    -- could no longer ask the post for its owner.
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type        text        NOT NULL,
    url         text        NOT NULL,
    mime_type   text        NOT NULL,
    size_bytes  bigint      NOT NULL,
    width       integer,
    height      integer,
    alt_text    text,
    position    integer     NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT post_media_post_id_position_key UNIQUE (post_id, position) DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT post_media_type_check CHECK (type IN ('image', 'video', 'audio')),
    CONSTRAINT post_media_url_check CHECK (url ~ '^https?://' AND length(url) <= 1000),
    CONSTRAINT post_media_mime_type_check CHECK (mime_type ~ '^[a-z]+/[a-z0-9.+-]+$'),
    CONSTRAINT post_media_size_bytes_check CHECK (size_bytes >= 0),
    CONSTRAINT post_media_width_check CHECK (width > 0),
    CONSTRAINT post_media_height_check CHECK (height > 0),
    CONSTRAINT post_media_alt_text_check CHECK (length(alt_text) <= 1000),
    CONSTRAINT post_media_position_check CHECK (position >= 0)
);

COMMENT ON TABLE post_media IS 'Files of a post, in order; their bytes count against the uploader''s quota.';

CREATE TABLE user_follows (
    follower_id   uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    following_id  uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT user_follows_pkey PRIMARY KEY (follower_id, following_id),
    CONSTRAINT user_follows_not_self_check CHECK (follower_id <> following_id)
);

COMMENT ON TABLE user_follows IS 'Who follows whom. Two who follow each other are friends (see friendships).';

CREATE TABLE friendships (
    user_id_1   uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    user_id_2   uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT friendships_pkey PRIMARY KEY (user_id_1, user_id_2),
    -- One row per pair: the smaller id comes first.
    CONSTRAINT friendships_ordered_check CHECK (user_id_1 < user_id_2)
);

COMMENT ON TABLE friendships IS 'Pairs who follow each other; made and removed by triggers on user_follows.';

CREATE TABLE post_interactions (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    post_id     uuid        NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    type        text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT post_interactions_once_key UNIQUE (post_id, user_id, type),
    CONSTRAINT post_interactions_type_check CHECK (type IN ('like', 'bookmark', 'share'))
);

COMMENT ON TABLE post_interactions IS 'Likes, bookmarks and shares: each at most once per user and post.';

CREATE TABLE comments (
    id                 uuid        PRIMARY KEY DEFAULT uuidv7(),
    post_id            uuid        NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    user_id            uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    parent_comment_id  uuid,
    content            text        NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    deleted_at         timestamptz,
    CONSTRAINT comments_id_post_id_key UNIQUE (id, post_id),
    -- A reply belongs to the post of the comment it answers.
    CONSTRAINT comments_parent_comment_id_fkey FOREIGN KEY (parent_comment_id, post_id)
        REFERENCES comments (id, post_id) ON DELETE CASCADE,
    CONSTRAINT comments_not_own_parent_check CHECK (parent_comment_id <> id),
    CONSTRAINT comments_content_check CHECK (length(content) BETWEEN 1 AND 5000)
);

COMMENT ON TABLE comments IS 'Comments in threads. A soft-deleted comment keeps its replies and is not counted.';

CREATE TABLE reposts (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    post_id     uuid        NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    user_id     uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    comment     text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reposts_once_key UNIQUE (post_id, user_id),
    CONSTRAINT reposts_comment_check CHECK (length(comment) BETWEEN 1 AND 1000)
);

COMMENT ON TABLE reposts IS 'A user passes a post on to his followers, at most once.';
