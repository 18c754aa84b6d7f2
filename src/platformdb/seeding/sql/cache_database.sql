-- The database as its server knows it, whether anything is set for it alone, and whether this role may make databases.
SELECT
    d.datname, pg_get_userbyid(d.datdba) AS owner,
    d.datacl IS NOT NULL OR d.datconnlimit <> -1 OR EXISTS (SELECT FROM pg_db_role_setting AS s WHERE s.setdatabase = d.oid)
        OR shobj_description(d.oid, 'pg_database') IS NOT NULL AS particular,
    concat_ws('|', d.encoding, d.datcollate, d.datctype, d.dattablespace) AS locale,
    pg_has_role(d.datdba, 'USAGE') AND (SELECT r.rolcreatedb OR r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user) AS may
FROM pg_database AS d WHERE d.datname = current_database()
