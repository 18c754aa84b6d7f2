-- Tier 1, critical: the seven without which the document's pages miss their targets, and one more for the feed.
--
-- The document gives idx_posts_user_created twice: (user_id, created_at DESC, status), and (user_id, created_at DESC)
-- WHERE deleted_at IS NULL. Both are here. The first is over all rows, which the foreign key to users needs, or
-- deleting a user would read all posts. The second is idx_posts_feed: only what a feed shows, and with it the id.

-- Feed: the newest published post of each author followed, without a look at the post; also an author's page.
CREATE INDEX idx_posts_feed ON posts (user_id, created_at DESC, id DESC) WHERE status = 'published' AND deleted_at IS NULL;

-- Feed of those who follow many, and explore page: the newest published posts of everybody, until the page is full.
CREATE INDEX idx_posts_published_created ON posts (created_at DESC, id DESC) WHERE status = 'published' AND deleted_at IS NULL;

-- A user's own page, drafts too, newest first; also the foreign key to users.
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
