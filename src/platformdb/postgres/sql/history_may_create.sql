-- In a schema that is there the table is made, else the schema first. NULL where there is no such role.
WITH runner AS (
    SELECT CASE WHEN %(role)s::text IS NULL THEN current_user::regrole ELSE to_regrole(quote_ident(%(role)s)) END AS role
)
SELECT CASE
           WHEN to_regnamespace('platformdb') IS NULL THEN has_database_privilege(role, current_database(), 'CREATE')
           ELSE has_schema_privilege(role, 'platformdb', 'CREATE')
       END
FROM runner
