-- Tier 1, critical: the eight that the platform's document names. Several are wider than there: the name and the
-- leading column are the document's, the rest gives the order in which the page is read, so that one descent answers.

-- A creator's page, newest posts first, published or not; also the foreign key to users.
CREATE INDEX idx_posts_creator_id ON posts (creator_id, published_at DESC, id DESC);

-- The thread of a post, oldest comment first; also the foreign key to posts.
CREATE INDEX idx_comments_post_id ON comments (post_id, created_at, id);

-- What a user has said, newest first; also the foreign key to users.
CREATE INDEX idx_comments_user_id ON comments (user_id, created_at DESC) WHERE user_id IS NOT NULL;

-- The replies to a comment; also the foreign key to the comment answered. Most comments answer none.
CREATE INDEX idx_comments_parent_comment_id ON comments (parent_comment_id) WHERE parent_comment_id IS NOT NULL;

-- What a user subscribes to, newest first, with the history; also the foreign key to users.
CREATE INDEX idx_subscriptions_subscriber_id ON subscriptions (subscriber_id, subscribed_at DESC);

-- The active subscribers of a creator in pages, newest first, on the page and for mails; also the foreign key to users.
CREATE INDEX idx_subscriptions_creator_id ON subscriptions (creator_id, status, subscribed_at DESC, id DESC);

-- The home list in pages, newest first: only what it shows.
CREATE INDEX idx_posts_published_at ON posts (published_at DESC, id DESC) WHERE status = 'published' AND deleted_at IS NULL;

-- Administration: the latest subscriptions or cancellations of everybody.
CREATE INDEX idx_subscriptions_status ON subscriptions (status, cancelled_at DESC, subscribed_at DESC);
