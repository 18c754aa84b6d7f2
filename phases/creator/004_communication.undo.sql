-- The triggers that fill these tables stand on tables of earlier phases.
DROP TRIGGER IF EXISTS announce_post_on_insert ON posts;
DROP TRIGGER IF EXISTS announce_post_on_update ON posts;
DROP TRIGGER IF EXISTS notify_of_comment ON comments;
DROP TRIGGER IF EXISTS notify_of_subscription ON subscriptions;

DROP TABLE announcements;
DROP TABLE notifications;
DROP TYPE notification_type;
