SELECT id, sql
FROM platformdb.history
WHERE id = ANY (%s)
ORDER BY id
