-- The foreign keys of these tables that are checked for every row, from PostgreSQL 18 on.
SELECT c.conrelid::regclass::text, c.conname
FROM pg_constraint AS c
WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conenforced AND c.convalidated
    AND c.conrelid = ANY(%s::text[]::regclass[])
-- Their triggers are named by the order in which they are made, and fire in that of their names.
ORDER BY c.oid
