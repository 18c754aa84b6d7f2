SELECT 'done', '', '{}'::text[]
WHERE to_regclass(%(name)s) IS NOT NULL
