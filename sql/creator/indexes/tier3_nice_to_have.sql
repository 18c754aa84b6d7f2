-- Tier 3, nice to have: rare pages, searches and clean-up jobs.

-- A creator's drafts, last edited first.
CREATE INDEX idx_posts_drafts ON posts (creator_id, updated_at DESC) WHERE status = 'draft' AND deleted_at IS NULL;

-- Search in titles and texts; 'simple' for posts in many languages.
CREATE INDEX idx_posts_search ON posts USING gin (to_tsvector('simple', title || ' ' || content));

-- Purge job: soft-deleted posts by age.
CREATE INDEX idx_posts_deleted ON posts (deleted_at) WHERE deleted_at IS NOT NULL;

-- Purge job: soft-deleted accounts by age.
CREATE INDEX idx_users_deleted ON users (deleted_at) WHERE deleted_at IS NOT NULL;

-- Administration: the newest accounts of a role.
CREATE INDEX idx_users_role_created ON users (role, created_at DESC);

-- Administration: the last refreshes of the statistics.
CREATE INDEX idx_statistics_refreshes_started ON statistics_refreshes (started_at DESC);
