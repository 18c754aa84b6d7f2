-- The end of soft-deleted accounts and posts.
\ir ../../shared/functions/purge_deleted.sql
