SELECT 'done', '', '{}'::text[]
FROM pg_tablespace
WHERE spcname = (parse_ident(%(name)s))[1]::name
