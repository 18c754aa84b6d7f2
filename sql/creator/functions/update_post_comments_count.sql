-- Keeps posts.comments_count, which counts the comments that are not soft-deleted; a move to the archive changes no count.
\ir ../../shared/functions/update_post_comments_count.sql
