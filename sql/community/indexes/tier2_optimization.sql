-- Tier 2, optimization: those that the document calls existing, every foreign key that tier 1 and the constraints leave
-- unserved, and the list pages.
--
-- Of the document's twelve existing indexes three stay out: email_unsubscribes (email) and analytics_events (timestamp)
-- are the beginning of a unique key, and analytics_events (event_name) is the beginning of (event_name, timestamp).

-- Contact inbox, newest first.
CREATE INDEX idx_contact_submissions_created ON contact_submissions (created_at DESC);

-- Mails that are due, and mails of a status by time.
CREATE INDEX idx_email_jobs_status_scheduled ON email_jobs (status, scheduled_at);

-- Mails of one type, newest first.
CREATE INDEX idx_email_jobs_type ON email_jobs (email_type, created_at DESC);

-- What was reported of an address, asked before every mail.
CREATE INDEX idx_email_feedback_email ON email_feedback (email, type);

-- Reports of one type, newest first: the bounce and complaint rates.
CREATE INDEX idx_email_feedback_type ON email_feedback (type, created_at DESC);

-- Reports to be processed, oldest first; the others are not in it, so it stays small.
CREATE INDEX idx_email_feedback_unprocessed ON email_feedback (created_at, id) WHERE NOT processed;

-- What a user did, newest first; the foreign key to users. Visitors who are not signed in are not in it.
CREATE INDEX idx_analytics_events_user ON analytics_events (user_id, "timestamp" DESC) WHERE user_id IS NOT NULL;

-- How often something happened in a span of time.
CREATE INDEX idx_analytics_events_name_timestamp ON analytics_events (event_name, "timestamp");

-- A user's sessions; the foreign key to users.
CREATE INDEX idx_sessions_user ON sessions (user_id, expires_at DESC);

-- My communities, as they were joined; the foreign key to users.
CREATE INDEX idx_members_user ON members (user_id, joined_at DESC);

-- Member directory: the newest members, and the next page behind any cursor.
CREATE INDEX idx_members_joined ON members (community_id, joined_at DESC, user_id DESC);

-- A community's events by time: what comes next.
CREATE INDEX idx_events_community_starts ON events (community_id, starts_at);

-- What a user hosts; the foreign key to users.
CREATE INDEX idx_events_host ON events (host_id, starts_at) WHERE host_id IS NOT NULL;

-- Where a member comes, or came; the foreign key to members.
CREATE INDEX idx_event_rsvps_member ON event_rsvps (user_id, community_id, status);

-- Waiting list of an event in order, and who is next.
CREATE INDEX idx_event_rsvps_waiting ON event_rsvps (event_id, waiting_since, id) WHERE status = 'waiting';

-- Who is on a tier; the foreign key that keeps sold tiers.
CREATE INDEX idx_subscriptions_tier ON subscriptions (tier_id, community_id);

-- Notification badge: counts only what is unread, so the index stays as small as the inboxes.
CREATE INDEX idx_notifications_unread ON notifications (user_id, created_at DESC) WHERE read_at IS NULL;

-- Notification page, read and unread, newest first; the foreign key to users.
CREATE INDEX idx_notifications_user ON notifications (user_id, created_at DESC, id DESC);

-- The foreign key to the user whom a notification is about.
CREATE INDEX idx_notifications_actor ON notifications (actor_id) WHERE actor_id IS NOT NULL;

-- The foreign key to the post that a notification is about.
CREATE INDEX idx_notifications_post ON notifications (post_id) WHERE post_id IS NOT NULL;

-- The foreign key to the comment that a notification is about.
CREATE INDEX idx_notifications_comment ON notifications (comment_id) WHERE comment_id IS NOT NULL;

-- The foreign key to the event that a notification is about.
CREATE INDEX idx_notifications_event ON notifications (event_id) WHERE event_id IS NOT NULL;

-- Activity feed of a community, newest first; the foreign key to communities.
CREATE INDEX idx_activity_community ON activity (community_id, created_at DESC, id DESC);

-- What a user did, newest first; the foreign key to users.
CREATE INDEX idx_activity_user ON activity (user_id, created_at DESC);

-- The foreign key to the post of an activity.
CREATE INDEX idx_activity_post ON activity (post_id, community_id) WHERE post_id IS NOT NULL;

-- The foreign key to the event of an activity.
CREATE INDEX idx_activity_event ON activity (event_id, community_id) WHERE event_id IS NOT NULL;

-- Mails to a user, newest first; the foreign key to users.
CREATE INDEX idx_email_jobs_user ON email_jobs (user_id, created_at DESC) WHERE user_id IS NOT NULL;

-- What became of a mail; the foreign key to mails.
CREATE INDEX idx_email_feedback_job ON email_feedback (email_job_id) WHERE email_job_id IS NOT NULL;

-- The newest published posts of all communities; search ranks the newest that fit, and common words are found here.
CREATE INDEX idx_posts_published ON posts (published_at DESC, id DESC) WHERE status = 'published';

-- Full text search in titles and texts.
CREATE INDEX idx_posts_search ON posts USING gin (search);

-- platformdb: extension=vector
-- Semantic search: the nearest published posts by the cosine of their meanings.
CREATE INDEX idx_posts_embedding ON posts USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 128) WHERE status = 'published';
