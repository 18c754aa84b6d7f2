DROP TABLE subscriptions;
DROP TABLE users;
DROP TYPE subscription_status;
DROP TYPE user_role;

\ir ../../sql/shared/foundation/uuidv7.undo.sql
