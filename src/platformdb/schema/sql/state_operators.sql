-- Operators, their classes and families, casts, access methods, languages, transforms.
SELECT 'pg_operator', o.oid, 0, 'operator', o.oid::regoperator::text, 'schema ' || quote_ident(n.nspname),
       json_build_object(
           'function', o.oprcode::text, 'result', o.oprresult::regtype::text, 'owner', o.oprowner::regrole::text,
           'commutator', nullif(o.oprcom, 0)::regoperator::text, 'negator', nullif(o.oprnegate, 0)::regoperator::text,
           'merges', o.oprcanmerge, 'hashes', o.oprcanhash,
           'estimators', o.oprrest::text || ' ' || o.oprjoin::text)
FROM pg_operator AS o JOIN pg_namespace AS n ON n.oid = o.oprnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_opclass', o.oid, 0, 'operator class', format('%I.%I using %s', n.nspname, o.opcname, m.amname),
       'schema ' || quote_ident(n.nspname),
       json_build_object(
           'type', o.opcintype::regtype::text, 'default for its type', o.opcdefault, 'owner', o.opcowner::regrole::text,
           'stored as', nullif(o.opckeytype, 0)::regtype::text, 'family', format('%I.%I', f.nspname, f.opfname))
FROM pg_opclass AS o JOIN pg_namespace AS n ON n.oid = o.opcnamespace JOIN pg_am AS m ON m.oid = o.opcmethod
JOIN (SELECT of.oid, of.opfname, fn.nspname FROM pg_opfamily AS of
      JOIN pg_namespace AS fn ON fn.oid = of.opfnamespace) AS f ON f.oid = o.opcfamily
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_opfamily', o.oid, 0, 'operator family', format('%I.%I using %s', n.nspname, o.opfname, m.amname),
       'schema ' || quote_ident(n.nspname),
       json_build_object(
           'owner', o.opfowner::regrole::text,
           'operators', (SELECT array_agg(format('%s %s%s', a.amopstrategy, a.amopopr::regoperator,
                             CASE a.amoppurpose WHEN 'o' THEN ' for ordering' ELSE '' END) ORDER BY 1)
                         FROM pg_amop AS a WHERE a.amopfamily = o.oid),
           'functions', (SELECT array_agg(format('%s (%s, %s) %s', a.amprocnum, a.amproclefttype::regtype,
                             a.amprocrighttype::regtype, a.amproc::text) ORDER BY 1)
                         FROM pg_amproc AS a WHERE a.amprocfamily = o.oid))
FROM pg_opfamily AS o JOIN pg_namespace AS n ON n.oid = o.opfnamespace JOIN pg_am AS m ON m.oid = o.opfmethod
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_cast', k.oid, 0, 'cast', format('(%s AS %s)', k.castsource::regtype, k.casttarget::regtype), NULL,
       json_build_object(
           'function', nullif(k.castfunc, 0)::regprocedure::text,
           'context', CASE k.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' ELSE 'explicit' END,
           'method', CASE k.castmethod WHEN 'b' THEN 'binary' WHEN 'i' THEN 'inout' ELSE 'function' END)
FROM pg_cast AS k WHERE k.oid >= 16384
UNION ALL
SELECT 'pg_am', m.oid, 0, 'access method', quote_ident(m.amname), NULL,
       json_build_object('function', m.amhandler::text, 'sort', CASE m.amtype WHEN 'i' THEN 'index' ELSE 'table' END)
FROM pg_am AS m WHERE m.oid >= 16384
UNION ALL
SELECT 'pg_language', l.oid, 0, 'language', quote_ident(l.lanname), NULL,
       json_build_object(
           'owner', l.lanowner::regrole::text, 'trusted', l.lanpltrusted, 'function', l.lanplcallfoid::regproc::text,
           'inline', nullif(l.laninline, 0)::regproc::text, 'validator', nullif(l.lanvalidator, 0)::regproc::text,
           'grants', l.lanacl::text[],
           'usual', CASE WHEN l.lanacl IS NOT NULL THEN acldefault('l', l.lanowner)::text[] END)
FROM pg_language AS l WHERE l.lanispl
UNION ALL
SELECT 'pg_transform', t.oid, 0, 'transform', format('for %s language %I', t.trftype::regtype, l.lanname), NULL,
       json_build_object('from SQL', t.trffromsql::text, 'to SQL', t.trftosql::text)
FROM pg_transform AS t JOIN pg_language AS l ON l.oid = t.trflang
