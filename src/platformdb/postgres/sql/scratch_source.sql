SELECT d.datname,
       pg_database_size(d.oid),
       current_user,
       ARRAY(
           SELECT unnest(s.setconfig)
           FROM pg_db_role_setting AS s
           WHERE s.setdatabase = d.oid AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
           ORDER BY s.setrole
       )
FROM pg_database AS d
WHERE d.datname = current_database()
