-- From the catalog, for to_regclass fails where the schema may not be used.
SELECT count(*) > 0
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'platformdb' AND c.relname = 'seed' AND has_table_privilege(c.oid, 'SELECT')
