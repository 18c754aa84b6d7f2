-- Of edges how many are answered by one in the other direction.
SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM {table} AS back WHERE {answers}))
FROM {table} AS edge {sample}
