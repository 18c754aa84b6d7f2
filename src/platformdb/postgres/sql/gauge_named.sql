-- The tables that are called by one of these words, or that an index of theirs is.
SELECT DISTINCT n.nspname, t.relname
FROM pg_class AS c
LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
JOIN pg_class AS t ON t.oid = coalesce(i.indrelid, c.oid)
JOIN pg_namespace AS n ON n.oid = t.relnamespace
WHERE lower(c.relname) = ANY (SELECT lower(word) FROM unnest(%s::text[]) AS word)
  AND t.relkind IN ('r', 'p')
  AND t.oid >= 16384
  AND n.nspname <> 'platformdb'
