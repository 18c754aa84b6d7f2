-- How many parents have how many children, of those that have any: few lines, however many rows there are.
SELECT children, count(*) AS parents
FROM (SELECT count(*) AS children FROM {table} WHERE {present} GROUP BY {columns}) AS found
GROUP BY children
ORDER BY children
