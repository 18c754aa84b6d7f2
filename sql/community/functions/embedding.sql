-- platformdb: extension=vector

-- The meaning of a post as a vector of 384 numbers, as small sentence models make it; NULL until one has read the post.
-- It is a part of the present state and not of a phase, because a phase must apply on every server.
CREATE EXTENSION IF NOT EXISTS vector;

ALTER TABLE posts ADD COLUMN IF NOT EXISTS embedding vector(384);
