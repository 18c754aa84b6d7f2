-- The database as its server knows it, whether anything is set for it alone, and whether this role may make databases.
-- A row as JSON has those columns that this release knows: the provider of the locale came with 15.
SELECT
    d.datname, pg_get_userbyid(d.datdba) AS owner,
    d.datacl IS NOT NULL OR d.datconnlimit <> -1 OR EXISTS (SELECT FROM pg_db_role_setting AS s WHERE s.setdatabase = d.oid)
        OR shobj_description(d.oid, 'pg_database') IS NOT NULL OR d.datistemplate
        OR EXISTS (SELECT FROM pg_replication_slots AS r WHERE r.database = d.datname)
        OR EXISTS (SELECT FROM pg_subscription AS s WHERE s.subdbid = d.oid) AS particular,
    concat_ws(
        '|', d.encoding, d.datcollate, d.datctype, d.dattablespace, to_jsonb(d) ->> 'datlocprovider',
        to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'daticurules'
    ) AS locale,
    pg_has_role(d.datdba, 'USAGE') AND (SELECT r.rolcreatedb OR r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS may
FROM pg_database AS d WHERE d.datname = current_database()
