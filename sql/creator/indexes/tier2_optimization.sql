-- Tier 2, optimization: list pages, jobs, and every foreign key that tier 1 and the constraints leave unserved.

-- Badge and list of what a user has not read, newest first.
CREATE INDEX idx_notifications_user_unread ON notifications (user_id, created_at DESC) WHERE read_at IS NULL;

-- A user's notifications, read and unread, newest first; the foreign key to users.
CREATE INDEX idx_notifications_user_created ON notifications (user_id, created_at DESC, id DESC);

-- The foreign key to the user whom a notification is about.
CREATE INDEX idx_notifications_actor ON notifications (actor_id);

-- The foreign key to the subscription that a notification is about.
CREATE INDEX idx_notifications_subscription ON notifications (subscription_id) WHERE subscription_id IS NOT NULL;

-- The foreign key to the comment that a notification is about, and the way by which it follows to the archive.
CREATE INDEX idx_notifications_comment ON notifications (comment_id, post_archived) WHERE comment_id IS NOT NULL;

-- Mail job: the oldest announcement that is not finished; finished ones are not in it.
CREATE INDEX idx_announcements_unfinished ON announcements (created_at) WHERE finished_at IS NULL;
