-- Community, phase 2 of 4: posts and comments.
--
-- posts.embedding is not here: it needs the extension vector, which not every server has. It comes with
-- sql/community/functions/embedding.sql where the server has it, and goes with the table.

CREATE TYPE post_status AS ENUM ('draft', 'published', 'archived');

COMMENT ON TYPE post_status IS 'A draft is seen by its author, an archived post by its link only.';

CREATE TABLE posts (
    id              uuid        PRIMARY KEY DEFAULT uuidv7(),
    community_id    uuid        NOT NULL,
    space_id        uuid        NOT NULL,
    author_id       uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title           text        NOT NULL,
    content         text        NOT NULL,
    language        text        NOT NULL DEFAULT 'en',
    status          post_status NOT NULL DEFAULT 'draft',
    published_at    timestamptz,
    comments_count  integer     NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    -- In the words of the post's language; each configuration is a constant, so the server may compute the column.
    search          tsvector    GENERATED ALWAYS AS (
        CASE language
            WHEN 'en' THEN setweight(to_tsvector('english', title), 'A') || to_tsvector('english', content)
            WHEN 'de' THEN setweight(to_tsvector('german', title), 'A') || to_tsvector('german', content)
            WHEN 'es' THEN setweight(to_tsvector('spanish', title), 'A') || to_tsvector('spanish', content)
            WHEN 'fr' THEN setweight(to_tsvector('french', title), 'A') || to_tsvector('french', content)
            ELSE setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', content)
        END
    ) STORED,
    -- What refers to a post says its community, too, and cannot mean another one's.
    CONSTRAINT posts_id_community_id_key UNIQUE (id, community_id),
    CONSTRAINT posts_space_id_fkey FOREIGN KEY (space_id, community_id)
        REFERENCES spaces (id, community_id) ON DELETE CASCADE,
    CONSTRAINT posts_title_check CHECK (length(title) BETWEEN 1 AND 200),
    CONSTRAINT posts_content_check CHECK (length(content) BETWEEN 1 AND 50000),
    CONSTRAINT posts_language_check CHECK (language ~ '^[a-z]{2}$'),
    -- Published now or in the past, and never published: nothing in between.
    CONSTRAINT posts_published_at_check CHECK ((status = 'draft') = (published_at IS NULL)),
    CONSTRAINT posts_comments_count_check CHECK (comments_count >= 0)
);

COMMENT ON TABLE posts IS 'What members write in a space of their community. comments_count is kept by triggers.';

CREATE TABLE comments (
    id          uuid        PRIMARY KEY DEFAULT uuidv7(),
    post_id     uuid        NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    author_id   uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    parent_id   uuid,
    content     text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz,
    CONSTRAINT comments_id_post_id_key UNIQUE (id, post_id),
    -- A reply belongs to the post of the comment it answers.
    CONSTRAINT comments_parent_id_fkey FOREIGN KEY (parent_id, post_id)
        REFERENCES comments (id, post_id) ON DELETE CASCADE,
    CONSTRAINT comments_not_own_parent_check CHECK (parent_id <> id),
    CONSTRAINT comments_content_check CHECK (length(content) BETWEEN 1 AND 10000)
);

COMMENT ON TABLE comments IS 'Comments in threads. A soft-deleted comment keeps its replies and is not counted.';
