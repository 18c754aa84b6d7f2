SELECT CASE WHEN convalidated THEN 'done' ELSE 'broken' END,
       'it is not validated',
       '{}'::text[]
FROM pg_constraint
WHERE conrelid = to_regclass(%(table)s)
  AND conname = (parse_ident(%(name)s))[1]::name
