-- creator, phase 3 of 4: the creator's name beside his posts, statistics of creators.

-- Shown with every post, so that lists need no join; kept right by the triggers on users and posts. Existing posts get
-- theirs before the column is required.
ALTER TABLE posts ADD COLUMN creator_username text;
UPDATE posts SET creator_username = users.username FROM users WHERE users.id = posts.creator_id;
ALTER TABLE posts ALTER COLUMN creator_username SET NOT NULL;

-- What the dashboard of a creator shows. It lies in a phase and not beside the views: it holds rows, which a new
-- definition would lose, and a change of it is a migration like that of a table.
CREATE MATERIALIZED VIEW creator_statistics AS
SELECT
    users.id AS creator_id,
    coalesce(written.posts_count, 0) AS posts_count,
    coalesce(written.drafts_count, 0) AS drafts_count,
    coalesce(written.archived_count, 0) AS archived_count,
    coalesce(written.comments_count, 0) AS comments_count,
    written.last_published_at,
    coalesce(following.subscribers_count, 0) AS subscribers_count,
    coalesce(following.cancelled_count, 0) AS cancelled_count,
    following.last_subscribed_at
FROM users
LEFT JOIN (
    SELECT
        creator_id,
        count(*) FILTER (WHERE status = 'published') AS posts_count,
        count(*) FILTER (WHERE status = 'draft') AS drafts_count,
        count(*) FILTER (WHERE archived) AS archived_count,
        sum(comments_count) AS comments_count,
        max(published_at) AS last_published_at
    FROM posts
    WHERE deleted_at IS NULL
    GROUP BY creator_id
) AS written ON written.creator_id = users.id
LEFT JOIN (
    SELECT
        creator_id,
        count(*) FILTER (WHERE status = 'active') AS subscribers_count,
        count(*) FILTER (WHERE status = 'cancelled') AS cancelled_count,
        max(subscribed_at) AS last_subscribed_at
    FROM subscriptions
    GROUP BY creator_id
) AS following ON following.creator_id = users.id
WHERE users.deleted_at IS NULL
  AND (users.role = 'creator' OR written.creator_id IS NOT NULL OR following.creator_id IS NOT NULL);

-- REFRESH … CONCURRENTLY compares old and new rows by it; the dashboard looks up by it.
CREATE UNIQUE INDEX creator_statistics_creator_id_key ON creator_statistics (creator_id);

COMMENT ON MATERIALIZED VIEW creator_statistics IS 'Numbers of each creator as of the last row of statistics_refreshes.';

CREATE TABLE statistics_refreshes (
    id           uuid        PRIMARY KEY DEFAULT uuidv7(),
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz NOT NULL,
    creators     bigint      NOT NULL,
    CONSTRAINT statistics_refreshes_finished_at_check CHECK (finished_at >= started_at),
    CONSTRAINT statistics_refreshes_creators_check CHECK (creators >= 0)
);

COMMENT ON TABLE statistics_refreshes IS 'When creator_statistics was refreshed, how long it took, how many rows it has.';
