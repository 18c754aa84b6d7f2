-- Whether the role may make and write platformdb.seed.
SELECT CASE
    WHEN to_regclass('platformdb.seed') IS NOT NULL
        THEN has_table_privilege('platformdb.seed', 'INSERT') AND has_table_privilege('platformdb.seed', 'UPDATE')
    WHEN to_regnamespace('platformdb') IS NOT NULL THEN has_schema_privilege('platformdb', 'CREATE')
    ELSE has_database_privilege(current_database(), 'CREATE')
END
