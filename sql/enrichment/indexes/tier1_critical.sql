-- Tier 1, critical: the document's "critical indexes for performance" under their names. Of its twenty, six are not here:
-- idx_users_username and idx_users_email repeat the UNIQUE constraints of the same columns; idx_message_reactions_message_id
-- and idx_ai_analysis_message_id are the first columns of those tables' primary keys, by which a message is known; servers
-- are so few that idx_servers_owner_id and idx_servers_created_at are in tier 3. Others are wider than in the document: at
-- the same cost they serve a page, and do not repeat what a key serves.

-- Administration: the newest accounts.
CREATE INDEX idx_users_created_at ON users (created_at);

-- Member list of a server, page by page in the order of joining; server_id alone would repeat the UNIQUE constraint.
CREATE INDEX idx_server_members_server_id ON server_members (server_id, joined_at, id);

-- The servers of a user; the foreign key to users.
CREATE INDEX idx_server_members_user_id ON server_members (user_id, server_id);

-- Administration: who joined anything lately.
CREATE INDEX idx_server_members_joined_at ON server_members (joined_at);

-- The channels of a server in their order; the foreign key to servers.
CREATE INDEX idx_channels_server_id ON channels (server_id, position, id);

-- The channels of a category; the foreign keys to the parent.
CREATE INDEX idx_channels_parent_id ON channels (parent_id, position) WHERE parent_id IS NOT NULL;

-- The channels of one kind, of a server (its voice channels) or of all.
CREATE INDEX idx_channels_type ON channels (type, server_id);

-- The history of a channel before, after and around a message; channel_id alone would repeat the primary key.
CREATE INDEX idx_messages_channel_id ON messages (channel_id, created_at DESC, id DESC) WHERE thread_id IS NULL AND deleted_at IS NULL;

-- Moderation: what a user wrote, newest first; the foreign key to users.
CREATE INDEX idx_messages_author_id ON messages (author_id, created_at DESC);

-- Moderation: a stretch of time over all channels; BRIN, for most rows lie in the order of time; the others get spans apart.
CREATE INDEX idx_messages_timestamp ON messages USING brin (created_at timestamptz_minmax_multi_ops) WITH (pages_per_range = 32);

-- Search for words in a channel: both are in the column search.
CREATE INDEX idx_messages_content_gin ON messages USING gin (search);

-- What a user reacted to, newest first; the foreign key to users.
CREATE INDEX idx_message_reactions_user_id ON message_reactions (user_id, message_created_at DESC);

-- Mood of a channel: the unhappiest messages; the middle, which nobody asks for, stays out.
CREATE INDEX idx_ai_analysis_sentiment ON ai_analysis (channel_id, sentiment_score) WHERE sentiment_score < -0.5;

-- Moderation queue: what may be toxic, worst first; the rest stays out.
CREATE INDEX idx_ai_analysis_toxicity ON ai_analysis (toxicity_score DESC, message_created_at DESC) WHERE toxicity_score >= 0.5;
