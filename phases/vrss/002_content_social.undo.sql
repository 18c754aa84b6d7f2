DROP TABLE reposts;
DROP TABLE comments;
DROP TABLE post_interactions;
DROP TABLE friendships;
DROP TABLE user_follows;
DROP TABLE post_media;
DROP TABLE posts;
