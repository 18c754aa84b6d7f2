-- How to make objects of one catalog again as they are: statements in order, to be read with an empty search_path, so
-- that every name in them is qualified. "part" says of each: 'make' the object itself, 'fill' it, what is its 'own' (owner, comment,
-- privileges), what belongs to a 'column', or an 'extra' beside it (index, rule, trigger, statistics).
-- "setting" holds "value" during the statement.
WITH object AS (
    SELECT c.oid,
           n.nspname AS schema,
           c.relname AS plain_name,
           CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'MATERIALIZED VIEW' END AS kind,
           'TABLE' AS granted_as,
           'r' AS acl_kind,
           format('%%I.%%I', n.nspname, c.relname) AS name,
           'pg_class'::regclass AS class,
           c.relowner AS owner,
           c.relacl AS acl
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (%(relations)s::oid[])
    UNION ALL
    SELECT p.oid,
           n.nspname,
           p.proname,
           kind.word,
           kind.word,
           'f',
           p.oid::regprocedure::text,
           'pg_proc'::regclass,
           p.proowner,
           p.proacl
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    CROSS JOIN LATERAL (SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END) AS kind (word)
    WHERE p.oid = ANY (%(functions)s::oid[])
), relation AS (
    SELECT object.*, c.relkind, c.relam, c.reltablespace, c.relispopulated, c.reloptions, toast.reloptions AS toasted
    FROM object
    JOIN pg_class AS c ON object.class = 'pg_class'::regclass AND c.oid = object.oid
    LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid
), attribute AS (
    SELECT relation.*, format('ALTER %%s %%s ALTER COLUMN %%I SET', kind, name, a.attname) AS alter_column, a.*
    FROM relation
    JOIN pg_attribute AS a ON a.attrelid = relation.oid AND a.attnum > 0 AND NOT a.attisdropped
), given AS (
    -- What creation may give by itself is taken first, then everybody gets what they had. A NULL is the built-in
    -- default, which ALTER DEFAULT PRIVILEGES may have changed since.
    SELECT object.*, coalesce(acl, acldefault(acl_kind::"char", owner)) AS privileges
    FROM object
    WHERE acl IS NOT NULL OR EXISTS (SELECT FROM pg_default_acl WHERE defaclobjtype = acl_kind::"char")
), item AS (
    SELECT given.oid, granted_as, name, owner, NULL::name AS attname, 0 AS attnum, x.*
    FROM given, aclexplode(given.privileges) WITH ORDINALITY AS x
    UNION ALL
    SELECT oid, granted_as, name, owner, attname, attnum, x.*
    FROM attribute, aclexplode(attacl) WITH ORDINALITY AS x
), privilege AS (
    SELECT oid, attnum, min(ordinality) AS position, grantor <> owner AS passed_on, pg_get_userbyid(grantor) AS grantor,
           format(
               'GRANT %%s ON %%s %%s TO %%s%%s',
               string_agg(privilege_type || coalesce(' (' || quote_ident(attname) || ')', ''), ', ' ORDER BY ordinality),
               granted_as,
               name,
               CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
               CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
           ) AS sql
    FROM item
    GROUP BY oid, granted_as, name, owner, attname, attnum, item.grantor, grantee, is_grantable
), statement (oid, rank, position, part, sql, value) AS (
    SELECT oid, 1, 0, 'make',
           format('CREATE %%s %%s', kind, name)
           || coalesce((SELECT format(' USING %%I', amname) FROM pg_am WHERE pg_am.oid = relam), '')
           || coalesce((
               SELECT ' WITH (' || string_agg(format('%%s=%%L', option, setting), ', ') || ')'
               FROM (
                   SELECT quote_ident(option_name), option_value FROM pg_options_to_table(reloptions)
                   UNION ALL
                   SELECT 'toast.' || quote_ident(option_name), option_value FROM pg_options_to_table(toasted)
               ) AS options (option, setting)
           ), '')
           || coalesce((
               SELECT format(' TABLESPACE %%I', spcname) FROM pg_tablespace WHERE pg_tablespace.oid = reltablespace
           ), '')
           || E' AS\n' || rtrim(pg_get_viewdef(oid), ';')
           || CASE relkind WHEN 'm' THEN E'\nWITH NO DATA' ELSE '' END,
           NULL
    FROM relation
    UNION ALL
    -- The body of a function in a string was not checked against today's search_path either.
    SELECT oid, 0, 0, 'make', pg_get_functiondef(oid), 'off'
    FROM object WHERE class = 'pg_proc'::regclass
    UNION ALL
    SELECT oid, 2, 0, 'own', format('ALTER %%s %%s OWNER TO %%I', kind, name, pg_get_userbyid(owner)), NULL
    FROM object
    UNION ALL
    -- Only now, so that the query runs with the owner's rights and no others.
    SELECT oid, 3, 0, 'fill', format('REFRESH MATERIALIZED VIEW %%s', name), NULL
    FROM relation WHERE relkind = 'm' AND relispopulated
    UNION ALL
    SELECT attribute.oid, 4, attnum, 'column',
           format('%%s DEFAULT %%s', alter_column, pg_get_expr(d.adbin, d.adrelid)), NULL
    FROM attribute JOIN pg_attrdef AS d ON d.adrelid = attribute.oid AND d.adnum = attnum
    UNION ALL
    SELECT oid, 4, attnum, 'column', format('%%s STATISTICS %%s', alter_column, attstattarget), NULL
    FROM attribute WHERE attstattarget >= 0
    UNION ALL
    SELECT attribute.oid, 4, attnum, 'column', format('%%s STORAGE %%s', alter_column, stored.word), NULL
    FROM attribute
    JOIN pg_type AS t ON t.oid = atttypid AND t.typstorage <> attstorage
    JOIN (VALUES ('p', 'PLAIN'), ('e', 'EXTERNAL'), ('m', 'MAIN'), ('x', 'EXTENDED')) AS stored (letter, word)
      ON stored.letter::"char" = attstorage
    WHERE relkind = 'm'
    UNION ALL
    SELECT oid, 4, attnum, 'column',
           format('%%s COMPRESSION %%s', alter_column, CASE attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END), NULL
    FROM attribute WHERE attcompression <> ''
    UNION ALL
    SELECT oid, 4, attnum, 'column', format('%%s (%%s)', alter_column, array_to_string(attoptions, ', ')), NULL
    FROM attribute WHERE attoptions IS NOT NULL
    UNION ALL
    -- The file may make the index itself, further down.
    SELECT relation.oid, 5, i.indexrelid::bigint * 8 + step, 'extra', index.sql, NULL
    FROM relation
    JOIN pg_index AS i ON i.indrelid = relation.oid
    JOIN pg_class AS x ON x.oid = i.indexrelid
    CROSS JOIN LATERAL (
        VALUES (1, pg_get_indexdef(x.oid)),
               (2, (SELECT format('ALTER INDEX %%s SET TABLESPACE %%I', x.oid::regclass, s.spcname)
                 FROM pg_tablespace AS s WHERE s.oid = x.reltablespace)),
               (3, CASE WHEN i.indisclustered THEN format('ALTER %%s %%s CLUSTER ON %%I', kind, name, x.relname) END),
               (4, format('COMMENT ON INDEX %%s IS ', x.oid::regclass)
                || quote_literal(obj_description(x.oid, 'pg_class')))
    ) AS index (step, sql)
    UNION ALL
    SELECT relation.oid, 6, r.oid::bigint * 8 + step, 'extra', rule.sql, NULL
    FROM relation
    JOIN pg_rewrite AS r ON r.ev_class = relation.oid AND r.rulename <> '_RETURN'
    CROSS JOIN LATERAL (
        VALUES (1, pg_get_ruledef(r.oid)),
               (2, format('COMMENT ON RULE %%I ON %%s IS ', r.rulename, name)
                || quote_literal(obj_description(r.oid, 'pg_rewrite')))
    ) AS rule (step, sql)
    UNION ALL
    SELECT relation.oid, 7, t.oid::bigint * 8 + step, 'extra', made.sql, NULL
    FROM relation
    JOIN pg_trigger AS t ON t.tgrelid = relation.oid AND NOT t.tgisinternal
    CROSS JOIN LATERAL (
        VALUES (1, pg_get_triggerdef(t.oid)),
               (2, format('COMMENT ON TRIGGER %%I ON %%s IS ', t.tgname, name)
                || quote_literal(obj_description(t.oid, 'pg_trigger')))
    ) AS made (step, sql)
    UNION ALL
    SELECT relation.oid, 8, s.oid::bigint * 8 + step, 'extra', made.sql, NULL
    FROM relation
    JOIN pg_statistic_ext AS s ON s.stxrelid = relation.oid
    CROSS JOIN LATERAL (SELECT format('%%I.%%I', s.stxnamespace::regnamespace, s.stxname)) AS called (name)
    CROSS JOIN LATERAL (
        VALUES (1, pg_get_statisticsobjdef(s.oid)),
               (2, format('ALTER STATISTICS %%s OWNER TO %%I', called.name, pg_get_userbyid(s.stxowner))),
               (3, CASE WHEN s.stxstattarget >= 0 THEN
                   format('ALTER STATISTICS %%s SET STATISTICS %%s', called.name, s.stxstattarget) END),
               (4, format('COMMENT ON STATISTICS %%s IS ', called.name)
                || quote_literal(obj_description(s.oid, 'pg_statistic_ext')))
    ) AS made (step, sql)
    UNION ALL
    SELECT oid, 9, 0, 'own',
           format('COMMENT ON %%s %%s IS ', kind, name) || quote_literal(obj_description(oid, class::text::name)), NULL
    FROM object
    UNION ALL
    SELECT oid, 9, attnum, 'column',
           format('COMMENT ON COLUMN %%s.%%I IS ', name, attname) || quote_literal(col_description(oid, attnum)), NULL
    FROM attribute
    UNION ALL
    SELECT oid, 10, 0, 'own',
           format('REVOKE ALL ON %%s %%s FROM PUBLIC, %%I', granted_as, name, pg_get_userbyid(owner)) || coalesce((
               SELECT string_agg(DISTINCT format(', %%I', pg_get_userbyid(x.grantee)), '')
               FROM pg_default_acl, aclexplode(defaclacl) AS x
               WHERE defaclobjtype = acl_kind::"char" AND x.grantee NOT IN (0, owner)
           ), ''),
           NULL
    FROM given
    UNION ALL
    -- Who passed a privilege on must grant it again, after getting it.
    SELECT oid, CASE WHEN passed_on THEN 12 ELSE 11 END, attnum * 10000 + position,
           CASE attnum WHEN 0 THEN 'own' ELSE 'column' END,
           sql, CASE WHEN passed_on THEN grantor END
    FROM privilege
)
SELECT oid,
       object.kind,
       object.schema,
       object.plain_name,
       object.name,
       part,
       sql,
       CASE rank WHEN 0 THEN 'check_function_bodies' WHEN 12 THEN 'role' END,
       value
FROM statement
JOIN object USING (oid)
WHERE sql IS NOT NULL
ORDER BY oid, rank, position
