-- For users, organizations, assets and content_pieces, which are deleted softly first.
\ir ../../shared/functions/purge_deleted.sql
