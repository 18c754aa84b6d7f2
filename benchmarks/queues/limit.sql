-- No queue at all: the same rows come and go, and every client knows its own. What three transactions can do here.
WITH new AS (INSERT INTO plain (payload) SELECT jsonb_build_object('user', n, 'template', 'welcome') FROM generate_series(1, :batch) AS n RETURNING id) SELECT array_agg(id) AS ids FROM new \gset
WITH mine AS (UPDATE plain SET taken = TRUE WHERE id = ANY (:ids::bigint[]) RETURNING payload) SELECT count(payload) AS found FROM mine \gset
DELETE FROM plain WHERE id = ANY (:ids::bigint[]);
