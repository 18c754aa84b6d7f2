-- An interrupted DROP DATABASE leaves a database that nobody can connect to: all that it allows is to be dropped.
SELECT CASE WHEN datconnlimit = -2 THEN 'broken' ELSE 'done' END,
       'the database was dropped half',
       ARRAY[format('DROP DATABASE %%I', datname)]
FROM pg_database
WHERE datname = (parse_ident(%(name)s))[1]::name
