-- The clock, whether there is an archive, and whether the role may move rows past triggers and foreign keys.
SELECT now(),
       to_regnamespace('archive') IS NOT NULL,
       has_parameter_privilege(coalesce(%(role)s, current_user), 'session_replication_role', 'SET')
