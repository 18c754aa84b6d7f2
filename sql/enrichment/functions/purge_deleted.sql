-- The end of the soft delete: users, servers, channels, messages, projects, tasks, documents.
\ir ../../shared/functions/purge_deleted.sql
