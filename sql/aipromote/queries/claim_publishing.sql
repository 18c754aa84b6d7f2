-- Publisher: claims the next posts that are to go out.

-- platformdb: persona=heaviest
SELECT 50 AS batch;

-- platformdb: persona=least
SELECT 1 AS batch;

-- platformdb: target_ms=50 rollback=on
SELECT id, claim, payload FROM claim_jobs('publishing', 'publisher', $1::integer);
