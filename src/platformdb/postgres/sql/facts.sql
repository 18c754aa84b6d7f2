SELECT current_database()::text,
       pg_get_userbyid(datdba)::text,
       current_user::text,
       coalesce(current_schema(), 'public')::text
FROM pg_database
WHERE datname = current_database()
