-- Constraints of tables and domains; since PostgreSQL 18 NOT NULL is one of them. Those of triggers are triggers.
SELECT 'pg_constraint', k.oid, 0, 'constraint',
       quote_ident(k.conname) || ' on ' || CASE WHEN k.conrelid <> 0 THEN k.conrelid::regclass::text
                                                ELSE k.contypid::regtype::text END,
       -- What is about one column only goes with it.
       CASE WHEN k.conrelid = 0 THEN 'type ' || k.contypid::regtype
            WHEN cardinality(k.conkey) = 1 AND k.conkey[1] > 0 THEN (
                SELECT 'column ' || k.conrelid::regclass || '.' || quote_ident(a.attname)
                FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1])
            WHEN c.relkind = 'f' THEN 'foreign table ' || k.conrelid::regclass
            ELSE 'table ' || k.conrelid::regclass END,
       json_build_object(
           'definition', regexp_replace(pg_get_constraintdef(k.oid, true), ' NOT VALID$', ''),
           'valid', k.convalidated,
           'inherited', k.coninhcount > 0 OR k.conparentid <> 0,
           -- Of partitions a dump that is restored tells otherwise.
           'only inherited', NOT (k.conislocal OR coalesce(c.relispartition, false)))
FROM pg_constraint AS k
JOIN pg_namespace AS n ON n.oid = k.connamespace
LEFT JOIN pg_class AS c ON c.oid = k.conrelid
WHERE k.contype <> 't' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
