DROP VIEW IF EXISTS connected_accounts, encryption_key_use;

DROP TABLE social_accounts;
DROP TABLE content_pieces;
DROP TABLE assets;
DROP TABLE series;
DROP TABLE content_pillars;
DROP TABLE ai_strategies;
DROP TABLE brand_rules;
