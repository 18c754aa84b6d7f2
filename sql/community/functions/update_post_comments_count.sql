-- Keeps posts.comments_count, which counts the comments that are not soft-deleted.
\ir ../../shared/functions/update_post_comments_count.sql
