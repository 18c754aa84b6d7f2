-- The partitions of each partitioned table, one level each.
SELECT h.inhparent, h.inhrelid
FROM pg_inherits AS h
JOIN pg_class AS c ON c.oid = h.inhparent
WHERE c.relkind = 'p'
ORDER BY h.inhparent, h.inhrelid
