-- The view is present state; it goes with the tables that it reads.
DROP VIEW IF EXISTS message_details;
DROP TABLE message_attachments;
DROP TABLE message_reactions;
DROP TABLE message_mentions;
DROP TABLE messages;
DROP TABLE channel_permissions;
DROP TABLE channel_recipients;
ALTER TABLE servers
    DROP CONSTRAINT servers_public_updates_channel_id_fkey,
    DROP CONSTRAINT servers_rules_channel_id_fkey,
    DROP CONSTRAINT servers_system_channel_id_fkey,
    DROP CONSTRAINT servers_afk_channel_id_fkey;
DROP TABLE channels;
