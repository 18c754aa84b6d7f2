DROP TABLE usage;
DROP TABLE subscriptions;
DROP TABLE founders;
DROP TABLE organizations;
DROP TABLE users;
DROP TABLE encryption_nonces;
DROP TABLE encryption_keys;

DROP TYPE brand_rule_type;
DROP TYPE asset_type;
DROP TYPE post_status;
DROP TYPE content_status;
DROP TYPE content_type;
DROP TYPE platform;
DROP TYPE usage_metric;
DROP TYPE subscription_status;
DROP TYPE plan;
DROP TYPE user_role;

\ir ../../sql/shared/foundation/uuidv7.undo.sql
