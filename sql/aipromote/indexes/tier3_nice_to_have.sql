-- Tier 3, nice to have: administration, clean-up, evaluation.

-- Purge job: soft-deleted accounts by age.
CREATE INDEX idx_users_deleted ON users (deleted_at) WHERE deleted_at IS NOT NULL;

-- Administration: the newest accounts.
CREATE INDEX idx_users_created ON users (created_at DESC);

-- Purge job: soft-deleted organizations by age.
CREATE INDEX idx_organizations_deleted ON organizations (deleted_at) WHERE deleted_at IS NOT NULL;

-- Which organizations are in a market, asked with @>.
CREATE INDEX idx_organizations_markets ON organizations USING gin (markets);

-- Purge job: soft-deleted files by age.
CREATE INDEX idx_assets_deleted ON assets (deleted_at) WHERE deleted_at IS NOT NULL;

-- Purge job: soft-deleted content by age.
CREATE INDEX idx_content_pieces_deleted ON content_pieces (deleted_at) WHERE deleted_at IS NOT NULL;

-- Evaluation of models: what each wrote, newest first, with its confidence in the index.
CREATE INDEX idx_content_pieces_model ON content_pieces (ai_model, created_at DESC) INCLUDE (ai_confidence, status)
    WHERE ai_model IS NOT NULL;

-- Approval page: what its model was unsure of, least sure first.
CREATE INDEX idx_content_pieces_unsure ON content_pieces (organization_id, ai_confidence)
    WHERE status = 'in_review' AND deleted_at IS NULL AND ai_confidence < 0.6;

-- Coach: which organizations have their summary of a week.
CREATE INDEX idx_weekly_summaries_week ON weekly_summaries (week_start);

-- Collection report: what came in when; figures come in the order of time, so a BRIN index of a few pages does.
CREATE INDEX idx_analytics_collected ON analytics USING brin (collected_at);

-- Audit trail of a person, newest first.
CREATE INDEX idx_audit_log_actor ON audit_log (actor, occurred_at DESC);

-- Renewal job: live subscriptions by the end of their period; subscriptions_one_live has no others, either.
CREATE INDEX idx_subscriptions_period_end ON subscriptions (current_period_end)
    WHERE status IN ('trialing', 'active', 'past_due');

-- Key rotation, its end: the few accounts that a key is left with; the foreign key to keys.
CREATE INDEX idx_social_accounts_key ON social_accounts (key_id, id) WHERE key_id IS NOT NULL;
