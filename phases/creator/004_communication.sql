-- creator, phase 4 of 4: what users are told of, on the page and by mail.

CREATE TYPE notification_type AS ENUM ('subscription', 'comment', 'reply');

CREATE TABLE notifications (
    id               uuid              PRIMARY KEY DEFAULT uuidv7(),
    user_id          uuid              NOT NULL,
    actor_id         uuid              NOT NULL,
    type             notification_type NOT NULL,
    subscription_id  uuid,
    comment_id       uuid,
    -- Where the comment lies: the other half of its key.
    post_archived    boolean,
    created_at       timestamptz       NOT NULL DEFAULT now(),
    read_at          timestamptz,
    CONSTRAINT notifications_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT notifications_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT notifications_subscription_id_fkey
        FOREIGN KEY (subscription_id) REFERENCES subscriptions (id) ON DELETE CASCADE,
    CONSTRAINT notifications_comment_id_fkey FOREIGN KEY (comment_id, post_archived)
        REFERENCES comments (id, post_archived) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT notifications_not_self_check CHECK (actor_id <> user_id),
    -- A notification is about one thing, whole.
    CONSTRAINT notifications_subject_check CHECK (
        (type = 'subscription') = (subscription_id IS NOT NULL)
        AND (type <> 'subscription') = (comment_id IS NOT NULL)
        AND (comment_id IS NULL) = (post_archived IS NULL)
    ),
    CONSTRAINT notifications_read_at_check CHECK (read_at >= created_at)
);

COMMENT ON TABLE notifications IS 'New subscribers, comments and replies, for whom they concern; made by triggers.';

-- The outbox of mails to subscribers. It is written with the post, so that neither goes without the other; a worker
-- sends it in pages, newest subscriptions first, and moves the mark behind the last that it took (take_announcement).
CREATE TABLE announcements (
    id             uuid        PRIMARY KEY DEFAULT uuidv7(),
    post_id        uuid        NOT NULL,
    post_archived  boolean     NOT NULL DEFAULT FALSE,
    sent_up_to     text,
    sent_count     integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz,
    CONSTRAINT announcements_post_id_key UNIQUE (post_id, post_archived),
    CONSTRAINT announcements_post_id_fkey FOREIGN KEY (post_id, post_archived)
        REFERENCES posts (id, archived) ON UPDATE CASCADE ON DELETE CASCADE,
    CONSTRAINT announcements_sent_up_to_check CHECK (sent_up_to ~ '^[A-Za-z0-9_-]{32}$'),
    CONSTRAINT announcements_sent_count_check CHECK (sent_count >= 0 AND (sent_count > 0) = (sent_up_to IS NOT NULL)),
    CONSTRAINT announcements_finished_at_check CHECK (finished_at >= created_at)
);

COMMENT ON TABLE announcements IS 'Published posts to be mailed to the active subscribers, and how far that has come.';
