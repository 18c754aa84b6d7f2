SELECT CASE
           WHEN part.oid IS NULL THEN 'absent'
           WHEN h.inhrelid IS NULL THEN 'done'
           WHEN h.inhdetachpending THEN 'broken'
           ELSE 'absent'
       END,
       CASE
           WHEN part.oid IS NULL THEN 'there is no such partition'
           WHEN h.inhdetachpending THEN 'its detachment was begun and not finished'
           ELSE 'it is still attached'
       END,
       CASE
           WHEN h.inhdetachpending THEN ARRAY[
               format('ALTER TABLE %%I.%%I DETACH PARTITION %%I.%%I FINALIZE', n.nspname, t.relname, m.nspname, part.relname)
           ]
       END
FROM pg_class AS t
JOIN pg_namespace AS n ON n.oid = t.relnamespace
LEFT JOIN pg_class AS part ON part.oid = to_regclass(%(name)s)
LEFT JOIN pg_namespace AS m ON m.oid = part.relnamespace
LEFT JOIN pg_inherits AS h ON h.inhrelid = part.oid AND h.inhparent = t.oid
WHERE t.oid = to_regclass(%(table)s)
