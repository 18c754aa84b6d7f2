-- The least that is still a queue: no leases, no retries, no priorities, no keys; what a dead worker had stays taken.
INSERT INTO bare (payload) SELECT jsonb_build_object('user', n, 'template', 'welcome') FROM generate_series(1, :batch) AS n;
WITH due AS (SELECT id FROM bare WHERE NOT taken ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED), mine AS (UPDATE bare SET taken = TRUE FROM due WHERE bare.id = due.id RETURNING bare.id, payload) SELECT coalesce(array_agg(id), '{}') AS ids, count(payload) AS found FROM mine \gset
DELETE FROM bare WHERE id = ANY (:ids::bigint[]);
