-- Tier 1, critical: the seven without which the document's pages miss their targets.
--
-- The document gives idx_posts_user_created twice: (user_id, created_at DESC, status), and (user_id, created_at DESC)
-- WHERE deleted_at IS NULL. It is the first one here: the foreign key to users can use only an index over all rows, or
-- deleting a user would read all posts; drafts are left out inside the index, and soft-deleted posts are few.

-- Feed: the newest published posts of each author followed; also the author's own page and the foreign key to users.
CREATE INDEX idx_posts_user_created ON posts (user_id, created_at DESC, status);

-- Profile: whom a user follows, newest first; the feed, which wants no order, reads the primary key.
CREATE INDEX idx_user_follows_follower ON user_follows (follower_id, created_at DESC);

-- Profile: a user's followers, newest first; also the foreign key to users, which the primary key does not serve.
CREATE INDEX idx_user_follows_following ON user_follows (following_id, created_at DESC);

-- Friend page, the half where the user has the smaller id, newest first; the bare lookup reads the primary key.
CREATE INDEX idx_friendships_user1 ON friendships (user_id_1, created_at DESC);

-- Friend lookup and page, the half where the user has the larger id; also the foreign key to users.
CREATE INDEX idx_friendships_user2 ON friendships (user_id_2, created_at DESC);

-- A post's comments, newest first; also the foreign key to posts.
CREATE INDEX idx_comments_post_created ON comments (post_id, created_at DESC);

-- Notification badge: counts only what is unread, so the index stays as small as the inboxes.
CREATE INDEX idx_notifications_user_unread ON notifications (user_id, created_at DESC) WHERE is_read = FALSE;
