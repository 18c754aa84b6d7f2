-- The most frequent values of a column.
SELECT {column}::text AS value, count(*) FROM {table} {sample}
WHERE {column} IS NOT NULL
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT {most}
