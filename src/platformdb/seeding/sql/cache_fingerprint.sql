-- One number for everything that a database holds besides rows: whoever has the same one has the same schema.
-- What belongs to an extension is told by its version; what belongs to the tool is told apart (cache_history.sql).
WITH
brought AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
spaces AS (
    SELECT oid, nspname FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'platformdb')
),
relations AS (
    SELECT c.*, format('%I.%I', s.nspname, c.relname) AS name
    FROM pg_class AS c JOIN spaces AS s ON s.oid = c.relnamespace
    WHERE (1259, c.oid) NOT IN (SELECT classid, objid FROM brought)
),
routines AS (
    SELECT p.*, s.nspname FROM pg_proc AS p JOIN spaces AS s ON s.oid = p.pronamespace
    WHERE (1255, p.oid) NOT IN (SELECT classid, objid FROM brought)
),
lines (line) AS (
    SELECT concat_ws('|', 'space', s.nspname, n.nspowner::regrole, n.nspacl::text)
    FROM spaces AS s JOIN pg_namespace AS n ON n.oid = s.oid
    UNION ALL
    SELECT concat_ws('|', 'extension', extname, extversion, extnamespace::regnamespace) FROM pg_extension
    UNION ALL
    SELECT concat_ws(
        '|', 'relation', name, relkind, relpersistence, reloptions::text, relowner::regrole, relacl::text, relrowsecurity,
        relforcerowsecurity, relreplident, reltablespace, pg_get_expr(relpartbound, oid),
        CASE WHEN relkind = 'p' THEN pg_get_partkeydef(oid) END,
        CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END
    )
    FROM relations
    UNION ALL
    SELECT concat_ws(
        '|', 'column', r.name, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
        a.attgenerated, a.attcollation::regcollation, a.attstattarget, a.attstorage, a.attcompression, a.attacl::text,
        a.attoptions::text, pg_get_expr(d.adbin, d.adrelid)
    )
    FROM relations AS r
    JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    UNION ALL
    SELECT concat_ws('|', 'inherits', i.inhrelid::regclass, i.inhparent::regclass, i.inhseqno) FROM pg_inherits AS i
    UNION ALL
    SELECT concat_ws('|', 'constraint', r.name, k.conname, pg_get_constraintdef(k.oid), k.convalidated)
    FROM relations AS r JOIN pg_constraint AS k ON k.conrelid = r.oid
    UNION ALL
    SELECT concat_ws('|', 'index', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered, i.indisreplident)
    FROM relations AS r JOIN pg_index AS i ON i.indrelid = r.oid
    UNION ALL
    SELECT concat_ws('|', 'trigger', r.name, pg_get_triggerdef(t.oid), t.tgenabled)
    FROM relations AS r JOIN pg_trigger AS t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT concat_ws('|', 'rule', r.name, pg_get_ruledef(w.oid), w.ev_enabled)
    FROM relations AS r JOIN pg_rewrite AS w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
    UNION ALL
    SELECT concat_ws('|', 'policy', p.schemaname, p.tablename, p.policyname, p.permissive, p.roles, p.cmd, p.qual, p.with_check)
    FROM pg_policies AS p
    UNION ALL
    SELECT concat_ws(
        '|', 'sequence', schemaname, sequencename, data_type, start_value, min_value, max_value, increment_by, cycle,
        -- Where one of a table's own is follows from the rows.
        CASE WHEN NOT EXISTS (
            SELECT FROM pg_depend AS d
            WHERE d.classid = 1259 AND d.objid = to_regclass(format('%I.%I', schemaname, sequencename))
                AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
        ) THEN last_value END
    )
    FROM pg_sequences WHERE schemaname <> 'platformdb'
    UNION ALL
    SELECT concat_ws('|', 'server', srvname, srvowner::regrole, srvtype, srvversion, srvacl::text, srvoptions::text)
    FROM pg_foreign_server
    UNION ALL
    SELECT concat_ws('|', 'mapping', srvname, usename, umoptions::text) FROM pg_user_mappings
    UNION ALL
    SELECT concat_ws('|', 'foreign', r.name, f.ftoptions::text) FROM relations AS r JOIN pg_foreign_table AS f ON f.ftrelid = r.oid
    UNION ALL
    SELECT concat_ws('|', 'published', pubname, schemaname, tablename) FROM pg_publication_tables
    UNION ALL
    SELECT concat_ws('|', 'event', evtname, evtevent, evtfoid::regproc, evtenabled, evttags::text) FROM pg_event_trigger
    UNION ALL
    SELECT concat_ws(
        '|', 'routine', nspname, proname, pg_get_function_identity_arguments(oid), proowner::regrole, proacl::text,
        CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(oid) ELSE 'aggregate' END
    )
    FROM routines
    UNION ALL
    SELECT concat_ws('|', 'aggregate', r.nspname, r.proname, a.aggtransfn, a.aggfinalfn, a.agginitval, a.aggtranstype::regtype)
    FROM routines AS r JOIN pg_aggregate AS a ON a.aggfnoid = r.oid
    UNION ALL
    SELECT concat_ws('|', 'type', s.nspname, t.typname, t.typtype, t.typbasetype::regtype, t.typtypmod, t.typnotnull, t.typdefault, t.typacl::text)
    FROM pg_type AS t JOIN spaces AS s ON s.oid = t.typnamespace
    UNION ALL
    SELECT concat_ws('|', 'label', e.enumtypid::regtype, e.enumsortorder, e.enumlabel) FROM pg_enum AS e
    UNION ALL
    SELECT concat_ws('|', 'domain', k.contypid::regtype, k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint AS k WHERE k.contypid <> 0
    UNION ALL
    SELECT concat_ws('|', 'statistics', pg_get_statisticsobjdef(x.oid), x.stxkind::text) FROM pg_statistic_ext AS x
    UNION ALL
    SELECT concat_ws('|', 'comment', d.classoid::regclass, i.identity, d.description)
    FROM pg_description AS d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) AS i
    WHERE d.objoid >= 16384 AND (i.schema IS NULL OR i.schema IN (SELECT nspname FROM spaces))
    UNION ALL
    SELECT concat_ws('|', 'rights', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype, defaclacl::text)
    FROM pg_default_acl
    UNION ALL
    SELECT concat_ws('|', 'other', i.type, i.identity)
    FROM (
        SELECT 'pg_event_trigger'::regclass AS class, oid FROM pg_event_trigger
        UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
        UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
        UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast WHERE oid >= 16384
        UNION ALL SELECT 'pg_operator'::regclass, oid FROM pg_operator WHERE oid >= 16384
        UNION ALL SELECT 'pg_opclass'::regclass, oid FROM pg_opclass WHERE oid >= 16384
        UNION ALL SELECT 'pg_collation'::regclass, oid FROM pg_collation WHERE oid >= 16384
        UNION ALL SELECT 'pg_conversion'::regclass, oid FROM pg_conversion WHERE oid >= 16384
        UNION ALL SELECT 'pg_ts_config'::regclass, oid FROM pg_ts_config WHERE oid >= 16384
        UNION ALL SELECT 'pg_ts_dict'::regclass, oid FROM pg_ts_dict WHERE oid >= 16384
    ) AS o, LATERAL pg_identify_object(o.class, o.oid, 0) AS i
)
SELECT md5(string_agg(line, E'\n' ORDER BY line COLLATE "C")), current_setting('server_version_num')::int / 10000 FROM lines
