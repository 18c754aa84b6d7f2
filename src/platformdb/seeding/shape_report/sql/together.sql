-- Of neighbours on one page of the disk: how many have the same parent, and how many neighbours were looked at.
SELECT count(*) FILTER (WHERE same), count(*)
FROM (
    SELECT
        lag(ctid) OVER page IS NOT NULL AS has_neighbour,
        ({columns}) IS NOT DISTINCT FROM (lag(({columns})) OVER page) AS same
    FROM {table} {sample}
    WHERE {present}
    WINDOW page AS (PARTITION BY tableoid, (ctid::text::point)[0] ORDER BY ctid)
) AS found
WHERE has_neighbour
