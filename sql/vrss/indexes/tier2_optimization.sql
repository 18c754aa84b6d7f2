-- Tier 2, optimization: list pages, jobs, and every foreign key that tier 1 and the constraints leave unserved.
-- No index names a count, last_login_at or last_read_at: they change all the time, and an index on them would make
-- each of these changes a write to every index of the table (no heap-only update).

-- Storage page: a user's uploads, newest first; the foreign key to users.
CREATE INDEX idx_post_media_user_created ON post_media (user_id, created_at DESC);

-- A user's likes or bookmarks, newest first; the foreign key to users.
CREATE INDEX idx_post_interactions_user_type ON post_interactions (user_id, type, created_at DESC);

-- A user's comments, newest first; the foreign key to users.
CREATE INDEX idx_comments_user_created ON comments (user_id, created_at DESC);

-- The replies to a comment in their order; the foreign key to the comment answered.
CREATE INDEX idx_comments_parent ON comments (parent_comment_id, post_id, created_at) WHERE parent_comment_id IS NOT NULL;

-- A user's reposts, newest first; the foreign key to users.
CREATE INDEX idx_reposts_user_created ON reposts (user_id, created_at DESC);

-- Where a post is pinned; the foreign key to posts.
CREATE INDEX idx_section_content_post ON section_content (post_id) WHERE post_id IS NOT NULL;

-- On whose lists a user is; the foreign key to users.
CREATE INDEX idx_list_members_user ON list_members (user_id, created_at DESC);

-- Direct conversations of the user with the larger id; the foreign key to users.
CREATE INDEX idx_conversations_direct_user_2 ON conversations (direct_user_2) WHERE direct_user_2 IS NOT NULL;

-- The foreign key to the account that opened a conversation.
CREATE INDEX idx_conversations_created_by ON conversations (created_by) WHERE created_by IS NOT NULL;

-- Inbox: the conversations of a user; the foreign key to users.
CREATE INDEX idx_conversation_participants_user ON conversation_participants (user_id, conversation_id);

-- A conversation's messages, newest first; the foreign key to conversations.
CREATE INDEX idx_messages_conversation_created ON messages (conversation_id, created_at DESC);

-- Moderation: what a user sent, newest first; the foreign key to the sender.
CREATE INDEX idx_messages_sender_created ON messages (sender_id, created_at DESC) WHERE sender_id IS NOT NULL;

-- Notification page, read and unread, newest first; the foreign key to users.
CREATE INDEX idx_notifications_user_created ON notifications (user_id, created_at DESC);

-- The foreign key to the user whom a notification is about.
CREATE INDEX idx_notifications_actor ON notifications (actor_id) WHERE actor_id IS NOT NULL;

-- The foreign key to the post that a notification is about.
CREATE INDEX idx_notifications_post ON notifications (post_id) WHERE post_id IS NOT NULL;

-- The foreign key to the comment that a notification is about.
CREATE INDEX idx_notifications_comment ON notifications (comment_id) WHERE comment_id IS NOT NULL;

-- A user's subscriptions, newest first; the foreign key to users.
CREATE INDEX idx_user_subscriptions_user_started ON user_subscriptions (user_id, started_at DESC);

-- Who is on a tier, by status; the foreign key that keeps sold tiers.
CREATE INDEX idx_user_subscriptions_tier_status ON user_subscriptions (tier_id, status);

-- Renewal job: running subscriptions whose period ends.
CREATE INDEX idx_user_subscriptions_period_end ON user_subscriptions (current_period_end) WHERE status IN ('trialing', 'active', 'past_due');
