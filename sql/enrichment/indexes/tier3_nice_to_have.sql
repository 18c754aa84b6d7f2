-- Tier 3, nice to have: rare pages, searches and clean-up jobs, and foreign keys of tables that stay small.

-- Completion of @mentions: LIKE 'abc%' needs pattern order, which the unique index has only under collation C.
CREATE INDEX idx_users_username_prefix ON users (username text_pattern_ops) WHERE deleted_at IS NULL;

-- Purge job: soft-deleted accounts by age.
CREATE INDEX idx_users_deleted ON users (deleted_at) WHERE deleted_at IS NOT NULL;

-- Purge job: soft-deleted servers by age.
CREATE INDEX idx_servers_deleted ON servers (deleted_at) WHERE deleted_at IS NOT NULL;

-- Purge job: soft-deleted channels by age.
CREATE INDEX idx_channels_deleted ON channels (deleted_at) WHERE deleted_at IS NOT NULL;

-- Purge job: soft-deleted messages by age.
CREATE INDEX idx_messages_deleted ON messages (deleted_at) WHERE deleted_at IS NOT NULL;

-- Which roles may do a certain thing; the foreign key to permissions.
CREATE INDEX idx_role_permissions_permission ON role_permissions (permission);

-- Timeouts that still run.
CREATE INDEX idx_server_members_silenced ON server_members (server_id, communication_disabled_until) WHERE communication_disabled_until IS NOT NULL;

-- Which analyses speak of a topic, asked with @>.
CREATE INDEX idx_ai_analysis_topics ON ai_analysis USING gin (topics);

-- Health over all servers, day by day.
CREATE INDEX idx_community_health_date ON community_health (date, health_score);

-- Clean-up job: invites that are over.
CREATE INDEX idx_invites_expires ON invites (expires_at) WHERE expires_at IS NOT NULL;

-- Audit: what somebody did, newest first.
CREATE INDEX idx_audit_logs_actor ON audit_logs (actor_id, created_at DESC) WHERE actor_id IS NOT NULL;

-- Audit: what happened to one row, newest first.
CREATE INDEX idx_audit_logs_row ON audit_logs (row_id, created_at DESC);

-- The servers that a user owns, asked when his account is erased; the foreign key to the membership reads the primary key.
CREATE INDEX idx_servers_owner_id ON servers (owner_id);

-- Administration: the newest servers.
CREATE INDEX idx_servers_created_at ON servers (created_at);

-- Which summary a message begins; the foreign key to the first message.
CREATE INDEX idx_conversation_summaries_start ON conversation_summaries (channel_id, start_message_created_at, start_message_id);

-- The projects of a server; the foreign key to servers.
CREATE INDEX idx_projects_server ON projects (server_id, status);

-- The foreign key to the channel where a project is talked about.
CREATE INDEX idx_projects_channel ON projects (channel_id, server_id) WHERE channel_id IS NOT NULL;

-- The foreign key to the user who began a project.
CREATE INDEX idx_projects_created_by ON projects (created_by) WHERE created_by IS NOT NULL;

-- The invites of a server; the foreign key to servers.
CREATE INDEX idx_invites_server ON invites (server_id, created_at DESC);

-- The foreign key to the channel that an invite leads to.
CREATE INDEX idx_invites_channel ON invites (channel_id, server_id) WHERE channel_id IS NOT NULL;

-- The foreign key to the user who invites.
CREATE INDEX idx_invites_inviter ON invites (inviter_id) WHERE inviter_id IS NOT NULL;

-- The audit log of a server, newest first.
CREATE INDEX idx_audit_logs_server ON audit_logs (server_id, created_at DESC);
