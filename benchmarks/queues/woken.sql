-- As platformdb.sql, in a queue that wakes listeners.
SELECT enqueue_jobs('woken', array_agg(jsonb_build_object('user', n, 'template', 'welcome'))) FROM generate_series(1, :batch) AS n;
SELECT coalesce(max(claim), 0) AS claim, coalesce(array_agg(id), '{}') AS ids FROM claim_jobs('woken', 'worker', :batch) \gset
SELECT complete_jobs(:claim, :ids);
