-- An index of a constraint goes with the constraint, and with it the foreign keys that refer to it.
SELECT n.nspname || '.' || c.relname,
       CASE WHEN k.conname IS NULL
            THEN format('DROP INDEX %I.%I CASCADE', n.nspname, c.relname)
            ELSE format('ALTER TABLE %I.%I DROP CONSTRAINT %I CASCADE', tn.nspname, t.relname, k.conname)
       END
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS tn ON tn.oid = t.relnamespace
LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
WHERE NOT c.relispartition
  AND n.nspname NOT LIKE 'pg\_%'
