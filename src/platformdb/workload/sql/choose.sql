-- One pass over everybody. Ties are broken by the parameters' text, byte by byte: the same rows, the same personas.
WITH population AS MATERIALIZED (
    SELECT {parameters}, weight, {since}, ROW({parameters})::text COLLATE "C" AS tie
    FROM ({population}) AS everybody ({columns})
),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY weight, tie) AS place, count(*) OVER () AS places
    FROM population
    WHERE weight > 0
),
chosen AS (
    SELECT 1 AS position, 'heaviest' AS name, {parameters}, weight FROM ranked WHERE place = places
    UNION ALL
    SELECT 2, 'p99', {parameters}, weight FROM ranked WHERE place = ceil(0.99 * places)
    UNION ALL
    SELECT 3, 'median', {parameters}, weight FROM ranked WHERE place = (places + 1) / 2
    UNION ALL
    (SELECT 4, 'newcomer', {parameters}, weight FROM population WHERE since IS NOT NULL ORDER BY since DESC, tie LIMIT 1)
    UNION ALL
    (SELECT 5, 'nothing', {parameters}, weight FROM population WHERE weight = 0 ORDER BY tie LIMIT 1)
)
SELECT name, weight, {parameters} FROM chosen ORDER BY position
