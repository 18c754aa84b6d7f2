-- A frequent value, one in the middle, a low and a high one of a column, as texts; from the statistics, not the rows.
WITH known AS (
    SELECT
        most_common_vals::text::text[] AS common,
        histogram_bounds::text::text[] AS bounds
    FROM pg_stats
    WHERE schemaname = %(schema)s AND tablename = %(table)s AND attname = %(column)s
    ORDER BY inherited DESC
    LIMIT 1
)
SELECT
    coalesce(common[1], bounds[(cardinality(bounds) + 1) / 2]) AS frequent,
    coalesce(bounds[(cardinality(bounds) + 1) / 2], common[cardinality(common)]) AS middle,
    coalesce(bounds[1 + cardinality(bounds) / 10], common[cardinality(common)]) AS low,
    coalesce(bounds[1 + cardinality(bounds) * 9 / 10], common[1]) AS high
FROM known
