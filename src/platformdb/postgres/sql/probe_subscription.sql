SELECT 'done', '', '{}'::text[]
FROM pg_subscription
WHERE subname = (parse_ident(%(name)s))[1]::name
  AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
