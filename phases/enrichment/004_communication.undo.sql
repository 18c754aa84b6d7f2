DROP TABLE voice_sessions;
DROP TABLE invites;
DROP TABLE channel_reads;
ALTER TABLE messages DROP CONSTRAINT messages_thread_id_fkey;
DROP TABLE message_threads;
