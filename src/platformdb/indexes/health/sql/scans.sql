SELECT indexrelid, idx_scan, (to_jsonb(s) ->> 'last_idx_scan')::timestamptz FROM pg_stat_user_indexes AS s
