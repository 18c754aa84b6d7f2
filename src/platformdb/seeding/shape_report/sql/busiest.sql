-- How many rows are in the busiest windows of so many seconds, and how many there are.
SELECT coalesce(sum(n) FILTER (WHERE place <= %s), 0)::bigint, coalesce(sum(n), 0)::bigint
FROM (
    SELECT count(*) AS n, row_number() OVER (ORDER BY count(*) DESC) AS place
    FROM {table}
    WHERE {column} IS NOT NULL
    GROUP BY floor(date_part('epoch', {column}) / %s)
) AS found
