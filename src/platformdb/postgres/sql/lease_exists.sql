-- From the catalog, for to_regclass fails where the schema may not be used.
SELECT n.oid IS NOT NULL, c.oid IS NOT NULL
FROM (SELECT 1) AS always
LEFT JOIN pg_namespace AS n ON n.nspname = 'platformdb'
LEFT JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'lease'
