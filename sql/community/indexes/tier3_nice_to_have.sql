-- Tier 3, nice to have: rare pages, searches and clean-up jobs.

-- Clean-up job: sessions that have ended.
CREATE INDEX idx_sessions_expires ON sessions (expires_at);

-- Directory of public communities, newest first.
CREATE INDEX idx_communities_public ON communities (created_at DESC) WHERE visibility = 'public';

-- The few who run a community.
CREATE INDEX idx_members_staff ON members (community_id, role) WHERE role <> 'member';

-- An author's drafts, last edited first.
CREATE INDEX idx_posts_drafts ON posts (author_id, updated_at DESC) WHERE status = 'draft';

-- What starts soon on the whole platform: reminders.
CREATE INDEX idx_events_starts ON events (starts_at) WHERE status = 'scheduled';

-- Completion of @mentions: LIKE 'abc%' needs pattern order, which the unique index has only under collation C.
CREATE INDEX idx_users_username_prefix ON users (username text_pattern_ops);

-- Administration: the newest accounts.
CREATE INDEX idx_users_created ON users (created_at DESC);

-- Moderation: comments that were deleted, last deleted first.
CREATE INDEX idx_comments_deleted ON comments (deleted_at DESC) WHERE deleted_at IS NOT NULL;

-- Clean-up job: notifications read long ago.
CREATE INDEX idx_notifications_read ON notifications (read_at) WHERE read_at IS NOT NULL;

-- Subscriptions that were cancelled, last cancelled first: churn.
CREATE INDEX idx_subscriptions_cancelled ON subscriptions (cancelled_at DESC) WHERE cancelled_at IS NOT NULL;

-- Contact inbox of one type of inquiry, newest first: the index by time meets 20 of one type soon enough.
CREATE INDEX idx_contact_submissions_inquiry_type ON contact_submissions (inquiry_type, created_at DESC);
