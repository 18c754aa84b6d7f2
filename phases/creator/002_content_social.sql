-- creator, phase 2 of 4: posts and comments, each with a part for the archive.
--
-- Old posts move to the archive, and their comments with them: both tables are partitioned by the same flag. It stands
-- in every key, so that the foreign key from comments to posts lies within one half, and moving a post is one UPDATE
-- that cascades. A flag, not a status: an archived post stays published, with its date.

CREATE TYPE post_status AS ENUM ('draft', 'published', 'withdrawn');

CREATE TABLE posts (
    id              uuid        NOT NULL DEFAULT uuidv7(),
    creator_id      uuid        NOT NULL,
    title           text        NOT NULL,
    content         text        NOT NULL,
    status          post_status NOT NULL DEFAULT 'draft',
    published_at    timestamptz,
    archived        boolean     NOT NULL DEFAULT FALSE,
    comments_count  integer     NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    deleted_at      timestamptz,
    CONSTRAINT posts_pkey PRIMARY KEY (id, archived),
    CONSTRAINT posts_creator_id_fkey FOREIGN KEY (creator_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT posts_title_check CHECK (length(title) BETWEEN 1 AND 255),
    CONSTRAINT posts_content_check CHECK (length(content) BETWEEN 1 AND 100000),
    CONSTRAINT posts_published_at_check CHECK ((status = 'published') = (published_at IS NOT NULL)),
    CONSTRAINT posts_archived_check CHECK (NOT archived OR status <> 'draft'),
    CONSTRAINT posts_comments_count_check CHECK (comments_count >= 0)
) PARTITION BY LIST (archived);

CREATE TABLE posts_active PARTITION OF posts FOR VALUES IN (FALSE);
CREATE TABLE posts_archive PARTITION OF posts FOR VALUES IN (TRUE);

COMMENT ON TABLE posts IS 'What creators publish. comments_count is kept by a trigger; old posts lie in posts_archive.';

CREATE TABLE comments (
    id                 uuid        NOT NULL DEFAULT uuidv7(),
    post_id            uuid        NOT NULL,
    -- As in the post; the writer of a comment reads it there: INSERT … SELECT id, archived, … FROM posts.
    post_archived      boolean     NOT NULL DEFAULT FALSE,
    -- A thread outlives the account of one who wrote in it.
    user_id            uuid,
    parent_comment_id  uuid,
    -- How many comments it answers, one upon the other. A reply is one deeper than its parent, which the foreign key
    -- below compares: along replies the depth only falls, so they can never close a circle.
    depth              smallint    NOT NULL DEFAULT 0,
    parent_depth       smallint    NOT NULL GENERATED ALWAYS AS (depth - 1) STORED,
    content            text        NOT NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    deleted_at         timestamptz,
    CONSTRAINT comments_pkey PRIMARY KEY (id, post_archived),
    CONSTRAINT comments_thread_key UNIQUE (id, post_id, depth, post_archived),
    CONSTRAINT comments_post_id_fkey FOREIGN KEY (post_id, post_archived)
        REFERENCES posts (id, archived) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT comments_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL,
    -- A reply belongs to the post of the comment it answers. No ON UPDATE and no ON DELETE: all comments of a post
    -- move or go in the one statement that the foreign key to posts makes, and one that was answered stays.
    CONSTRAINT comments_parent_comment_id_fkey FOREIGN KEY (parent_comment_id, post_id, parent_depth, post_archived)
        REFERENCES comments (id, post_id, depth, post_archived),
    CONSTRAINT comments_depth_check CHECK (depth BETWEEN 0 AND 500 AND (depth = 0) = (parent_comment_id IS NULL)),
    CONSTRAINT comments_content_check CHECK (length(content) BETWEEN 1 AND 10000)
) PARTITION BY LIST (post_archived);

CREATE TABLE comments_active PARTITION OF comments FOR VALUES IN (FALSE);
CREATE TABLE comments_archive PARTITION OF comments FOR VALUES IN (TRUE);

COMMENT ON TABLE comments IS 'Comments in threads. A soft-deleted one keeps its place and its replies, and is not counted.';
