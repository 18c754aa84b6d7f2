-- Rows by period since the story's start and by hour of the day; the first and the last. All rows: those of one page
-- come in the same minute, a sample of pages would know few hours.
SELECT
    floor(extract(epoch FROM moment - %s) / %s)::int AS period,
    extract(hour FROM moment)::int AS hour,
    count(*),
    min(moment), max(moment)
FROM (SELECT {moment} AS moment FROM {table} WHERE {column} IS NOT NULL) AS found
GROUP BY 1, 2
