-- posts.embedding and its index go with the table, where there are any. The extension stays: others may use it.
DROP TABLE comments;
DROP TABLE posts;
DROP TYPE post_status;
