-- Extensions, foreign servers, replication, statistics objects, default privileges. Secrets are hashed here already.
SELECT 'pg_extension', e.oid, 0, 'extension', quote_ident(e.extname), NULL,
       json_build_object('version', e.extversion, 'schema', e.extnamespace::regnamespace::text,
                         'owner', e.extowner::regrole::text)
FROM pg_extension AS e
UNION ALL
SELECT 'pg_foreign_data_wrapper', w.oid, 0, 'foreign data wrapper', quote_ident(w.fdwname), NULL,
       json_build_object(
           'owner', w.fdwowner::regrole::text, 'handler', nullif(w.fdwhandler, 0)::regproc::text,
           'validator', nullif(w.fdwvalidator, 0)::regproc::text,
           'secret options', (SELECT array_agg(split_part(o, '=', 1) || '=' || encode(sha256(o::bytea), 'hex'))
                              FROM unnest(w.fdwoptions) AS o),
           'grants', w.fdwacl::text[],
           'usual', CASE WHEN w.fdwacl IS NOT NULL THEN acldefault('F', w.fdwowner)::text[] END)
FROM pg_foreign_data_wrapper AS w
UNION ALL
SELECT 'pg_foreign_server', s.oid, 0, 'foreign server', quote_ident(s.srvname), NULL,
       json_build_object(
           'owner', s.srvowner::regrole::text, 'type', s.srvtype, 'version', s.srvversion, 'wrapper', w.fdwname,
           'secret options', (SELECT array_agg(split_part(o, '=', 1) || '=' || encode(sha256(o::bytea), 'hex'))
                              FROM unnest(s.srvoptions) AS o),
           'grants', s.srvacl::text[],
           'usual', CASE WHEN s.srvacl IS NOT NULL THEN acldefault('S', s.srvowner)::text[] END)
FROM pg_foreign_server AS s JOIN pg_foreign_data_wrapper AS w ON w.oid = s.srvfdw
UNION ALL
SELECT 'pg_user_mapping', u.umid, 0, 'user mapping', format('for %I server %I', u.usename, u.srvname),
       'foreign server ' || quote_ident(u.srvname),
       json_build_object(
           'secret options', (SELECT array_agg(split_part(o, '=', 1) || '=' || encode(sha256(o::bytea), 'hex'))
                              FROM unnest(u.umoptions) AS o))
FROM pg_user_mappings AS u
UNION ALL
SELECT 'pg_publication', p.oid, 0, 'publication', quote_ident(p.pubname), NULL,
       json_build_object(
           'owner', p.pubowner::regrole::text, 'all tables', p.puballtables, 'via the root', p.pubviaroot,
           'generated columns', to_jsonb(p) ->> 'pubgencols',
           'events', array_remove(ARRAY[
               CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
               CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], NULL),
           -- Lists of columns and filters of rows came with PostgreSQL 15.
           'tables', (SELECT array_agg(concat_ws(' ', r.prrelid::regclass,
                          (SELECT '(' || string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) || ')'
                           FROM pg_attribute AS a WHERE a.attrelid = r.prrelid
                             AND to_jsonb(r) -> 'prattrs' @> to_jsonb(a.attnum)),
                          (SELECT 'WHERE ' || (to_jsonb(v) ->> 'rowfilter') FROM pg_publication_tables AS v
                           WHERE v.pubname = p.pubname
                             AND format('%I.%I', v.schemaname, v.tablename)::regclass = r.prrelid)) ORDER BY 1)
                      FROM pg_publication_rel AS r WHERE r.prpubid = p.oid),
           'schemas', (SELECT array_agg(split_part(o.identity, ' in publication ', 1) ORDER BY o.identity)
                       FROM pg_depend AS d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) AS o
                       WHERE d.refclassid = 'pg_publication'::regclass AND d.refobjid = p.oid
                         AND d.classid::regclass::text = 'pg_publication_namespace'))
FROM pg_publication AS p
UNION ALL
SELECT 'pg_subscription', s.oid, 0, 'subscription', quote_ident(s.subname), NULL,
       json_build_object(
           'owner', s.subowner::regrole::text, 'enabled', s.subenabled, 'slot', s.subslotname,
           'synchronous commit', s.subsynccommit, 'publications', s.subpublications, 'binary', s.subbinary)
FROM pg_subscription AS s WHERE s.subdbid = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
UNION ALL
SELECT 'pg_statistic_ext', s.oid, 0, 'statistics', format('%I.%I', n.nspname, s.stxname),
       'table ' || s.stxrelid::regclass,
       json_build_object(
           'definition', pg_get_statisticsobjdef(s.oid), 'owner', s.stxowner::regrole::text,
           'target', CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END)
FROM pg_statistic_ext AS s JOIN pg_namespace AS n ON n.oid = s.stxnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'platformdb')
UNION ALL
SELECT 'pg_default_acl', d.oid, 0, 'default privileges',
       format('of %s%s for %s', d.defaclrole::regrole,
              coalesce(' in ' || nullif(d.defaclnamespace, 0)::regnamespace, ''),
              CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                                   WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END), NULL,
       json_build_object('grants', d.defaclacl::text[])
FROM pg_default_acl AS d
