-- Publisher: claims the next posts that are to go out.

-- platformdb: persona=heaviest
SELECT 50 AS batch;

-- platformdb: persona=least
SELECT 1 AS batch;

-- One claim in ten looks first for what waits too long, by chance; here none does, so that all runs do the same.
-- platformdb: target_ms=50 rollback=on
SELECT id, claim, payload FROM claim_jobs('publishing', 'publisher' || setseed(0.5)::text, $1::integer);
