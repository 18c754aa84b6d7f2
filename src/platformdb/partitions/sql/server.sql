-- The clock, whether there is an archive, and whether the role may move rows past triggers and foreign keys. That there is
-- no such role is said when its first step sets it.
SELECT now(),
       to_regnamespace('archive') IS NOT NULL,
       EXISTS (
           SELECT
           FROM pg_roles
           WHERE rolname = coalesce(%(role)s, current_user)
             AND has_parameter_privilege(oid, 'session_replication_role', 'SET')
       )
