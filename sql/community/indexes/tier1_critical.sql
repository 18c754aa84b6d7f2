-- Tier 1, critical: the ten that the document recommends for posts, comments and subscriptions.
--
-- Each is widened so that its list comes in order from the index and no other index need begin like it.

-- An author's posts, newest first; the foreign key to users.
CREATE INDEX idx_posts_author ON posts (author_id, created_at DESC);

-- Community feed: the newest published posts, and the next page behind any cursor.
CREATE INDEX idx_posts_community ON posts (community_id, published_at DESC, id DESC) WHERE status = 'published';

-- Space feed, likewise; not partial, because it also serves the foreign key to spaces.
CREATE INDEX idx_posts_space ON posts (space_id, community_id, published_at DESC, id DESC);

-- Posts by status, newest first: what is published on the whole platform, and what editors look through.
CREATE INDEX idx_posts_status_created ON posts (status, created_at DESC);

-- A post's comments in the order in which they were written; the foreign key to posts.
CREATE INDEX idx_comments_post ON comments (post_id, created_at, id);

-- A user's comments, newest first; the foreign key to users.
CREATE INDEX idx_comments_author ON comments (author_id, created_at DESC);

-- The replies to a comment; the foreign key to the comment answered.
CREATE INDEX idx_comments_parent ON comments (parent_id, post_id, created_at) WHERE parent_id IS NOT NULL;

-- A user's subscriptions, newest first; the foreign key to users, which the partial unique index does not serve.
CREATE INDEX idx_subscriptions_subscriber ON subscriptions (subscriber_id, subscribed_at DESC);

-- A community's subscribers by status, newest first.
CREATE INDEX idx_subscriptions_community ON subscriptions (community_id, status, subscribed_at DESC);

-- Renewal job: subscriptions of a status by the end of their paid period.
CREATE INDEX idx_subscriptions_status ON subscriptions (status, current_period_end);
