-- Rows by hour since 1970, and the first and the last (µs). All rows: those of one page come in the same minute, a sample
-- of pages would know few hours. date_part, because extract makes a numeric: three times as slow.
SELECT
    hour,
    count(*),
    (extract(epoch FROM min(moment)) * 1000000)::bigint AS first,
    (extract(epoch FROM max(moment)) * 1000000)::bigint AS last
FROM (
    SELECT floor(date_part('epoch', {column}) / 3600)::bigint AS hour, {column} AS moment
    FROM {table} WHERE {column} IS NOT NULL
) AS found
GROUP BY hour
