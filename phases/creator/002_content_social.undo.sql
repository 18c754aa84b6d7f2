DROP TABLE comments;
DROP TABLE posts;
DROP TYPE post_status;
