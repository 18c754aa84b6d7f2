-- Functions, procedures and aggregates, by name and arguments.
SELECT 'pg_proc', p.oid, 0,
       CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
       p.oid::regprocedure::text, 'schema ' || quote_ident(n.nspname),
       json_build_object(
           'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
           'arguments', CASE WHEN p.prokind = 'a' THEN pg_get_function_arguments(p.oid) END,
           'result', CASE WHEN p.prokind = 'a' THEN p.prorettype::regtype::text END,
           'parallel', CASE WHEN p.prokind = 'a' THEN p.proparallel END,
           'parts', CASE WHEN a.aggfnoid IS NOT NULL THEN ARRAY[
               concat('kind ', a.aggkind, a.aggnumdirectargs),
               concat_ws(' ', 'transition', a.aggtransfn, a.aggtranstype::regtype, a.aggtransspace),
               concat_ws(' ', 'final', a.aggfinalfn, a.aggfinalmodify, a.aggfinalextra),
               concat_ws(' ', 'combine', a.aggcombinefn, a.aggserialfn, a.aggdeserialfn),
               concat_ws(' ', 'moving', a.aggmtransfn, a.aggminvtransfn, a.aggmtranstype::regtype, a.aggmtransspace,
                         a.aggmfinalfn, a.aggmfinalmodify, a.aggmfinalextra),
               concat_ws(' ', 'sort', a.aggsortop::regoperator),
               concat_ws(' ', 'initial', coalesce(quote_literal(a.agginitval), '-'),
                         coalesce(quote_literal(a.aggminitval), '-'))] END,
           'owner', p.proowner::regrole::text,
           'grants', p.proacl::text[],
           'usual', CASE WHEN p.proacl IS NOT NULL THEN acldefault('f', p.proowner)::text[] END)
FROM pg_proc AS p
JOIN pg_namespace AS n ON n.oid = p.pronamespace
LEFT JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
