-- Tier 2, optimization: list pages, and the foreign keys that tier 1 and the constraints leave unserved; those of small
-- tables are in tier 3.
-- The foreign keys of servers to channels, to its owner's membership and to @everyone read the primary key: they hold its id.

-- Presence: who is there now of all accounts, for the count of a server's.
CREATE INDEX idx_users_present ON users (id) WHERE status <> 'offline' AND deleted_at IS NULL;

-- Devices of a user, last used first; the foreign key to users.
CREATE INDEX idx_user_sessions_user ON user_sessions (user_id, last_used_at DESC);

-- Clean-up job: sessions that are over.
CREATE INDEX idx_user_sessions_expires ON user_sessions (expires_at);

-- Friends page, those a user asked; the foreign key to users.
CREATE INDEX idx_friendships_user ON friendships (user_id, status, created_at DESC);

-- Friends page, those who asked a user; the foreign key to users.
CREATE INDEX idx_friendships_friend ON friendships (friend_id, status, created_at DESC);

-- The roles of a server in their order; the foreign key to servers.
CREATE INDEX idx_roles_server ON roles (server_id, position DESC);

-- Who has a role; the foreign key to roles.
CREATE INDEX idx_member_roles_role ON member_roles (role_id, server_id, member_id);

-- The foreign key to the user who gave a role.
CREATE INDEX idx_member_roles_assigned_by ON member_roles (assigned_by) WHERE assigned_by IS NOT NULL;

-- Direct channels of the user with the larger id; the foreign key to users.
CREATE INDEX idx_channels_dm_user_2 ON channels (dm_user_2) WHERE dm_user_2 IS NOT NULL;

-- The groups of a user; the foreign key to users.
CREATE INDEX idx_channel_recipients_user ON channel_recipients (user_id, channel_id);

-- Overrides of a member, which go when he leaves; the foreign key to his membership.
CREATE INDEX idx_channel_permissions_user ON channel_permissions (user_id, server_id) WHERE user_id IS NOT NULL;

-- Overrides of a role; the foreign key to roles.
CREATE INDEX idx_channel_permissions_role ON channel_permissions (role_id, server_id) WHERE role_id IS NOT NULL;

-- A message by its link, which has the channel and the id but no time.
CREATE INDEX idx_messages_link ON messages (id, channel_id);

-- The history of a thread; the foreign key to threads.
CREATE INDEX idx_messages_thread ON messages (channel_id, thread_id, created_at DESC, id DESC) WHERE thread_id IS NOT NULL;

-- The answers to a message; the foreign key to it.
CREATE INDEX idx_messages_referenced ON messages (channel_id, referenced_message_created_at, referenced_message_id) WHERE referenced_message_id IS NOT NULL;

-- The pinned messages of a channel, newest first.
CREATE INDEX idx_messages_pinned ON messages (channel_id, created_at DESC) WHERE pinned AND deleted_at IS NULL;

-- Mentions of me, newest first; the foreign key to users.
CREATE INDEX idx_message_mentions_user ON message_mentions (user_id, message_created_at DESC, message_id DESC) WHERE user_id IS NOT NULL;

-- Mentions of my roles, newest first; the foreign key to roles.
CREATE INDEX idx_message_mentions_role ON message_mentions (role_id, message_created_at DESC, message_id DESC) WHERE role_id IS NOT NULL;

-- Where a channel is spoken of; the foreign key to channels.
CREATE INDEX idx_message_mentions_channel ON message_mentions (mentioned_channel_id, message_created_at DESC) WHERE mentioned_channel_id IS NOT NULL;

-- Summaries of a channel, newest first; the foreign key to the last message.
CREATE INDEX idx_conversation_summaries_end ON conversation_summaries (channel_id, end_message_created_at DESC, end_message_id);

-- Leader board of a server; the foreign key to servers.
CREATE INDEX idx_reputation_scores_server ON reputation_scores (server_id, score DESC);

-- The projects of a user; the foreign key to his membership.
CREATE INDEX idx_project_members_user ON project_members (user_id, server_id);

-- The tasks of a project by status, the foreign key to projects and, with the assignee, to the project's members.
CREATE INDEX idx_tasks_project ON tasks (project_id, assignee_id, status);

-- My open tasks, the most pressing first.
CREATE INDEX idx_tasks_assignee_open ON tasks (assignee_id, priority, due_at, id) WHERE status IN ('open', 'in_progress', 'blocked') AND deleted_at IS NULL;

-- The foreign key to the user who wrote a task.
CREATE INDEX idx_tasks_created_by ON tasks (created_by) WHERE created_by IS NOT NULL;

-- The documents of a project, last changed first; the foreign key to projects.
CREATE INDEX idx_documents_project ON documents (project_id, updated_at DESC);

-- The foreign key to the user who began a document.
CREATE INDEX idx_documents_created_by ON documents (created_by) WHERE created_by IS NOT NULL;

-- The foreign key to the user who changed a document last.
CREATE INDEX idx_documents_updated_by ON documents (updated_by) WHERE updated_by IS NOT NULL;

-- The foreign key to the user who began a thread.
CREATE INDEX idx_message_threads_owner ON message_threads (owner_id) WHERE owner_id IS NOT NULL;

-- Unread counts: how far a user has read which channels; the foreign key to users.
CREATE INDEX idx_channel_reads_user ON channel_reads (user_id, channel_id);

-- Who is in a voice channel now.
CREATE INDEX idx_voice_sessions_open ON voice_sessions (channel_id, joined_at) WHERE left_at IS NULL;

-- Who was in a voice channel; the foreign key to channels.
CREATE INDEX idx_voice_sessions_channel ON voice_sessions (channel_id, channel_type);

-- A user's time in voice channels; the foreign key to users.
CREATE INDEX idx_voice_sessions_user ON voice_sessions (user_id, joined_at DESC);
