-- Tier 2, optimization: further pages and jobs, and the foreign keys that no constraint's index serves.

-- Billing page: a user's subscriptions, newest first; the foreign key to users.
CREATE INDEX idx_subscriptions_user_started ON subscriptions (user_id, started_at DESC);

-- What each organization of a user has cost; the foreign key to organizations.
CREATE INDEX idx_usage_organization ON usage (organization_id, user_id, period) WHERE organization_id IS NOT NULL;

-- What was made from a strategy; the foreign key to the strategy before.
CREATE INDEX idx_ai_strategies_based_on ON ai_strategies (based_on_id, organization_id) WHERE based_on_id IS NOT NULL;

-- The pillars that a strategy named; the foreign key to strategies.
CREATE INDEX idx_content_pillars_strategy ON content_pillars (strategy_id, organization_id)
    WHERE strategy_id IS NOT NULL;

-- The series of a pillar; the foreign key to pillars.
CREATE INDEX idx_series_pillar ON series (pillar_id, organization_id) WHERE pillar_id IS NOT NULL;

-- What a user uploaded; the foreign key to the uploader.
CREATE INDEX idx_assets_uploaded_by ON assets (uploaded_by) WHERE uploaded_by IS NOT NULL;

-- Media library: an organization's files of one type, newest first.
CREATE INDEX idx_assets_library ON assets (organization_id, asset_type, created_at DESC) WHERE deleted_at IS NULL;

-- The content that a strategy led to; the foreign key to strategies.
CREATE INDEX idx_content_pieces_strategy ON content_pieces (strategy_id, organization_id) WHERE strategy_id IS NOT NULL;

-- Content library of one pillar, newest first; the foreign key to pillars.
CREATE INDEX idx_content_pieces_pillar ON content_pieces (pillar_id, organization_id, created_at DESC, id DESC)
    WHERE pillar_id IS NOT NULL;

-- The parts of a series in their order; the foreign key to series.
CREATE INDEX idx_content_pieces_series ON content_pieces (series_id, organization_id, created_at)
    WHERE series_id IS NOT NULL;

-- Where a file is used; the foreign key to assets.
CREATE INDEX idx_content_pieces_asset ON content_pieces (asset_id, organization_id) WHERE asset_id IS NOT NULL;

-- What was made of a piece; the foreign key to the piece before.
CREATE INDEX idx_content_pieces_repurposed_from ON content_pieces (repurposed_from_id, organization_id)
    WHERE repurposed_from_id IS NOT NULL;

-- The foreign key to the user who wrote a piece.
CREATE INDEX idx_content_pieces_created_by ON content_pieces (created_by) WHERE created_by IS NOT NULL;

-- The foreign key to the user who approved a piece.
CREATE INDEX idx_content_pieces_approved_by ON content_pieces (approved_by) WHERE approved_by IS NOT NULL;

-- Approval page: what waits for a decision, oldest first.
CREATE INDEX idx_content_pieces_review ON content_pieces (organization_id, updated_at)
    WHERE status = 'in_review' AND deleted_at IS NULL;

-- A founder's accounts; the foreign key to founders.
CREATE INDEX idx_social_accounts_founder ON social_accounts (founder_id, organization_id) WHERE founder_id IS NOT NULL;

-- Where a piece goes and went; its posts when approval comes; the foreign key to content.
CREATE INDEX idx_scheduled_posts_content ON scheduled_posts (content_piece_id, organization_id);

-- An account's posts, latest first; the foreign key to accounts.
CREATE INDEX idx_scheduled_posts_account
    ON scheduled_posts (social_account_id, organization_id, platform, scheduled_at DESC);

-- The foreign key to the user who scheduled a post.
CREATE INDEX idx_scheduled_posts_created_by ON scheduled_posts (created_by) WHERE created_by IS NOT NULL;

-- What went wrong, latest first, for the page that asks what to do about it.
CREATE INDEX idx_scheduled_posts_failed ON scheduled_posts (organization_id, updated_at DESC) WHERE status = 'failed';

-- The foreign key to the post that did best in a week.
CREATE INDEX idx_weekly_summaries_top_post ON weekly_summaries (top_post_id, organization_id, top_platform)
    WHERE top_post_id IS NOT NULL;

-- Audit trail of an organization, newest first.
CREATE INDEX idx_audit_log_organization ON audit_log (organization_id, occurred_at DESC, id DESC);
