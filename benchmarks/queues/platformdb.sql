-- Enqueue, claim and complete :batch jobs, each a statement and a transaction of its own.
SELECT enqueue_jobs('bench', array_agg(jsonb_build_object('user', n, 'template', 'welcome'))) FROM generate_series(1, :batch) AS n;
SELECT coalesce(max(claim), 0) AS claim, coalesce(array_agg(id), '{}') AS ids FROM claim_jobs('bench', 'worker', :batch) \gset
SELECT complete_jobs(:claim, :ids);
