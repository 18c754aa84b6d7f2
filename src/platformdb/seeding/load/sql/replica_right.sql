SELECT current_setting('is_superuser') = 'on'
    OR has_parameter_privilege('session_replication_role', 'SET')
