-- What ANALYZE found: different values of a column (negative: per row), and how far the order on disk is that of the values.
SELECT schemaname, tablename, attname, n_distinct, correlation
FROM pg_stats
WHERE (schemaname, tablename) IN (SELECT * FROM unnest(%s::text[], %s::text[])) AND inherited = (tablename = ANY (%s))
