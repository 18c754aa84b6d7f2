-- Used by what waits for locks: refuse_overuse, sync_user_plan, update_series_pieces_count.
\ir ../../shared/functions/refuse_isolation.sql
