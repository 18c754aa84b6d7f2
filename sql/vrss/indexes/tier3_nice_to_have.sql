-- Tier 3, nice to have: rare pages, searches and clean-up jobs.

-- Explore page of one kind of post, newest first.
CREATE INDEX idx_posts_public_type_created ON posts (type, created_at DESC) WHERE status = 'published' AND visibility = 'public' AND deleted_at IS NULL;

-- An author's drafts, last edited first.
CREATE INDEX idx_posts_drafts ON posts (user_id, updated_at DESC) WHERE status = 'draft' AND deleted_at IS NULL;

-- Search in titles and texts; 'simple' for posts in many languages; not partial, or the planner may read all of it for the feed.
CREATE INDEX idx_posts_search ON posts USING gin (to_tsvector('simple', coalesce(title, '') || ' ' || content));

-- Purge job: soft-deleted posts by age.
CREATE INDEX idx_posts_deleted ON posts (deleted_at) WHERE deleted_at IS NOT NULL;

-- Purge job: soft-deleted comments by age.
CREATE INDEX idx_comments_deleted ON comments (deleted_at) WHERE deleted_at IS NOT NULL;

-- Purge job: soft-deleted accounts by age.
CREATE INDEX idx_users_deleted ON users (deleted_at) WHERE deleted_at IS NOT NULL;

-- Administration: the newest accounts.
CREATE INDEX idx_users_created ON users (created_at DESC);

-- Administration: the few accounts that are suspended or deactivated.
CREATE INDEX idx_users_not_active ON users (status, created_at DESC) WHERE status <> 'active';

-- Completion of @mentions: LIKE 'abc%' needs pattern order, which the unique index has only under collation C.
CREATE INDEX idx_users_username_prefix ON users (username text_pattern_ops) WHERE deleted_at IS NULL;

-- People search by the beginning of the displayed name, whatever its case.
CREATE INDEX idx_user_profiles_display_name ON user_profiles (lower(display_name) text_pattern_ops);

-- Trending: the likes of the last hours, with their posts in the index.
CREATE INDEX idx_post_interactions_recent_likes ON post_interactions (created_at DESC, post_id) WHERE type = 'like';

-- Gallery of public feeds, newest first.
CREATE INDEX idx_custom_feeds_public_created ON custom_feeds (created_at DESC) WHERE is_public;

-- Which feeds use a setting, asked with @> when an algorithm changes.
CREATE INDEX idx_custom_feeds_algorithm_config ON custom_feeds USING gin (algorithm_config jsonb_path_ops);

-- Gallery of public lists, newest first.
CREATE INDEX idx_user_lists_public_created ON user_lists (created_at DESC) WHERE NOT is_private;

-- Clean-up job: notifications read long ago.
CREATE INDEX idx_notifications_read ON notifications (read_at) WHERE is_read;
