-- What initdb says of public says nothing.
SELECT nspname, coalesce(nullif(obj_description(oid, 'pg_namespace'), 'standard public schema'), '') FROM pg_namespace
