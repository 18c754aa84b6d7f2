-- Schemas, but for the server's own and platformdb's.
SELECT 'pg_namespace', n.oid, 0, 'schema', quote_ident(n.nspname), NULL,
       json_build_object('owner', n.nspowner::regrole::text, 'grants', n.nspacl::text[],
                         'usual', CASE WHEN n.nspacl IS NOT NULL THEN acldefault('n', n.nspowner)::text[] END)
FROM pg_namespace AS n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
