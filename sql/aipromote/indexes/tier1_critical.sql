-- Tier 1, critical: what every page and every worker waits for.

-- Usage against the plan: the lines of a user's month, with their amounts in the index.
CREATE INDEX idx_usage_user_period ON usage (user_id, period, metric) INCLUDE (amount);

-- Content library: an organization's pieces, newest first.
CREATE INDEX idx_content_pieces_library ON content_pieces (organization_id, created_at DESC, id DESC)
    WHERE deleted_at IS NULL;

-- Content search: the words of titles and texts.
CREATE INDEX idx_content_pieces_search ON content_pieces USING gin (search);

-- Token refresh: connected accounts by the time at which their token expires.
CREATE INDEX idx_social_accounts_expiring ON social_accounts (token_expires_at) WHERE revoked_at IS NULL;

-- Content calendar: an organization's posts by their time, page by page.
CREATE INDEX idx_scheduled_posts_calendar ON scheduled_posts (organization_id, scheduled_at, id);

-- Publishing: the posts that are due, and only those that wait, so the index stays as small as the backlog.
CREATE INDEX idx_scheduled_posts_due ON scheduled_posts (scheduled_at, id) WHERE status = 'scheduled';

-- Dashboard: an organization's days with all that is summed up in the index.
CREATE INDEX idx_analytics_organization_date ON analytics (organization_id, metric_date)
    INCLUDE (platform, impressions, reach, likes, comments, shares, clicks);

-- Audit trail of one object, newest first.
CREATE INDEX idx_audit_log_object ON audit_log (table_name, object_id, occurred_at DESC, id DESC);
