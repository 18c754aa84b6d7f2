DROP TABLE members;
DROP TABLE spaces;
DROP TABLE communities;
DROP TABLE profiles;
DROP TABLE sessions;
DROP TABLE accounts;
DROP TABLE users;
DROP TYPE user_role;

\ir ../../sql/shared/foundation/uuidv7.undo.sql
