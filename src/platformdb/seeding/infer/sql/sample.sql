-- The same of a column in the rows of a sample: the share of NULLs, how many different values, their mean width, the
-- most common ones with their shares, and bounds between which equally many lie.
WITH counted AS (SELECT value, count(*) AS times FROM sample GROUP BY value),
known AS (SELECT value, times FROM counted WHERE value IS NOT NULL),
total AS (SELECT greatest(sum(times), 1)::float8 AS rows FROM counted),
common AS (SELECT value::text, times / total.rows AS share FROM known, total WHERE times > 1 ORDER BY times DESC, value::text LIMIT 60)
SELECT
    coalesce((SELECT times / total.rows FROM counted, total WHERE value IS NULL), 0),
    (SELECT count(*) FROM known)::float8,
    coalesce((SELECT avg(octet_length(value::text)) FROM known), 0)::int,
    (SELECT array_agg(value) FROM common),
    (SELECT array_agg(share) FROM common),
    (SELECT array_agg(value ORDER BY place) FROM (
        SELECT DISTINCT ON (place) place, value
        FROM (SELECT value::text AS value, ntile(20) OVER (ORDER BY value) AS place, value AS sorted FROM known) AS tiles
        ORDER BY place, sorted
    ) AS bounds)
