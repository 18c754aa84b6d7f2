-- Scheduler: gives the posts that are due to the queue publishing.

-- platformdb: persona=heaviest
SELECT 20 AS batch;

-- platformdb: persona=least
SELECT 1 AS batch;

-- By the server's clock: all that the seed's story scheduled for its end is due ever after, and 20 of it are taken.
-- platformdb: target_ms=50 rollback=on
SELECT enqueue_due_posts($1::integer);
