-- The view is present state; it goes with the tables that it reads.
DROP VIEW IF EXISTS server_presence;
DROP TABLE audit_logs;
ALTER TABLE servers DROP CONSTRAINT servers_everyone_role_fkey, DROP CONSTRAINT servers_owner_id_fkey;
DROP TABLE member_roles;
DROP TABLE role_permissions;
DROP TABLE roles;
DROP TABLE permissions;
DROP TABLE server_members;
DROP TABLE server_settings;
DROP TABLE servers;
DROP TABLE friendships;
DROP TABLE user_preferences;
DROP TABLE user_sessions;
DROP TABLE users;

\ir ../../sql/shared/foundation/uuidv7.undo.sql
