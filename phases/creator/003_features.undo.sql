DROP TABLE statistics_refreshes;
DROP MATERIALIZED VIEW creator_statistics;
-- The triggers that keep the column stand on tables of earlier phases.
DROP TRIGGER IF EXISTS set_creator_username ON posts;
DROP TRIGGER IF EXISTS update_creator_username ON users;
ALTER TABLE posts DROP COLUMN creator_username;
