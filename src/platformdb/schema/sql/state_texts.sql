-- Collations, conversions, and what text search is made of.
SELECT 'pg_collation', c.oid, 0, 'collation', c.oid::regcollation::text, 'schema ' || quote_ident(n.nspname),
       json_build_object(
           'provider', c.collprovider, 'deterministic', c.collisdeterministic,
           'owner', c.collowner::regrole::text,
           'locale', coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate),
           'character classes', c.collctype, 'rules', to_jsonb(c) ->> 'collicurules')
FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_conversion', c.oid, 0, 'conversion', format('%I.%I', n.nspname, c.conname),
       'schema ' || quote_ident(n.nspname),
       json_build_object(
           'from', pg_encoding_to_char(c.conforencoding), 'to', pg_encoding_to_char(c.contoencoding),
           'function', c.conproc::text, 'default', c.condefault, 'owner', c.conowner::regrole::text)
FROM pg_conversion AS c JOIN pg_namespace AS n ON n.oid = c.connamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_ts_config', c.oid, 0, 'text search configuration', c.oid::regconfig::text,
       'schema ' || quote_ident(n.nspname),
       json_build_object(
           'owner', c.cfgowner::regrole::text, 'parser', p.prsname,
           'mappings', (SELECT array_agg(format('%s: %s', m.maptokentype, m.mapdict::regdictionary)
                                        ORDER BY m.maptokentype, m.mapseqno)
                       FROM pg_ts_config_map AS m WHERE m.mapcfg = c.oid))
FROM pg_ts_config AS c JOIN pg_namespace AS n ON n.oid = c.cfgnamespace JOIN pg_ts_parser AS p ON p.oid = c.cfgparser
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_ts_dict', d.oid, 0, 'text search dictionary', d.oid::regdictionary::text,
       'schema ' || quote_ident(n.nspname),
       json_build_object('owner', d.dictowner::regrole::text, 'template', t.tmplname, 'parameters', d.dictinitoption)
FROM pg_ts_dict AS d JOIN pg_namespace AS n ON n.oid = d.dictnamespace
JOIN pg_ts_template AS t ON t.oid = d.dicttemplate
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_ts_parser', p.oid, 0, 'text search parser', format('%I.%I', n.nspname, p.prsname),
       'schema ' || quote_ident(n.nspname),
       json_build_object('functions', ARRAY[p.prsstart::text, p.prstoken::text, p.prsend::text, p.prsheadline::text,
                                            p.prslextype::text])
FROM pg_ts_parser AS p JOIN pg_namespace AS n ON n.oid = p.prsnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_ts_template', t.oid, 0, 'text search template', format('%I.%I', n.nspname, t.tmplname),
       'schema ' || quote_ident(n.nspname),
       json_build_object('functions', ARRAY[t.tmplinit::text, t.tmpllexize::text])
FROM pg_ts_template AS t JOIN pg_namespace AS n ON n.oid = t.tmplnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
