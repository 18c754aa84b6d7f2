-- What reacts to what happens to a table: triggers, rules, policies; and event triggers, which belong to none.
SELECT 'pg_trigger', t.oid, 0, 'trigger', quote_ident(t.tgname) || ' on ' || t.tgrelid::regclass,
       CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'f' THEN 'foreign table ' ELSE 'table ' END || t.tgrelid::regclass,
       json_build_object(
           'definition', pg_get_triggerdef(t.oid, true),
           'fires', CASE t.tgenabled WHEN 'D' THEN 'never' WHEN 'R' THEN 'on replicas only' WHEN 'A' THEN 'always' END,
           'inherited', t.tgparentid <> 0)
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_rewrite', r.oid, 0, 'rule', quote_ident(r.rulename) || ' on ' || r.ev_class::regclass,
       CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' ELSE 'table ' END
           || r.ev_class::regclass,
       json_build_object(
           'definition', pg_get_ruledef(r.oid, true),
           'fires', CASE r.ev_enabled WHEN 'D' THEN 'never' WHEN 'R' THEN 'on replicas only' WHEN 'A' THEN 'always' END)
FROM pg_rewrite AS r
JOIN pg_class AS c ON c.oid = r.ev_class
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_policy', p.oid, 0, 'policy', quote_ident(p.polname) || ' on ' || p.polrelid::regclass,
       'table ' || p.polrelid::regclass,
       json_build_object(
           'command', CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                    WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
           'permissive', p.polpermissive,
           'roles', (SELECT array_agg(CASE role WHEN 0 THEN 'public' ELSE role::regrole::text END ORDER BY 1)
                     FROM unnest(p.polroles) AS role),
           'using', pg_get_expr(p.polqual, p.polrelid, true),
           'with check', pg_get_expr(p.polwithcheck, p.polrelid, true))
FROM pg_policy AS p
JOIN pg_class AS c ON c.oid = p.polrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_event_trigger', e.oid, 0, 'event trigger', quote_ident(e.evtname), NULL,
       json_build_object(
           'event', e.evtevent, 'tags', e.evttags, 'function', e.evtfoid::regprocedure::text,
           'owner', e.evtowner::regrole::text,
           'fires', CASE e.evtenabled WHEN 'D' THEN 'never' WHEN 'R' THEN 'on replicas only' WHEN 'A' THEN 'always' END)
FROM pg_event_trigger AS e
