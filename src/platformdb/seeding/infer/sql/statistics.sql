-- What ANALYZE knows of the columns of a table; of one with children that of all of them together.
SELECT DISTINCT ON (attname)
    attname, null_frac::float8, n_distinct::float8, avg_width,
    most_common_vals::text::text[], most_common_freqs::float8[], histogram_bounds::text::text[]
FROM pg_stats
WHERE schemaname = %s AND tablename = %s
ORDER BY attname, inherited DESC
