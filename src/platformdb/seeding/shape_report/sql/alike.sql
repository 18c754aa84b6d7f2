-- Of edges how many have equal values at both ends, and how many would have by chance (times the edges looked at).
WITH ends AS MATERIALIZED (
    SELECT one.{column} AS a, other.{column} AS b
    FROM {table} AS edge {sample}
    JOIN {parent} AS one ON {left}
    JOIN {parent} AS other ON {right}
)
SELECT
    count(*),
    count(*) FILTER (WHERE a = b),
    coalesce((
        SELECT sum(l.edges::numeric * r.edges)
        FROM (SELECT a AS value, count(*) AS edges FROM ends GROUP BY a) AS l
        JOIN (SELECT b AS value, count(*) AS edges FROM ends GROUP BY b) AS r USING (value)
    ), 0)
FROM ends
