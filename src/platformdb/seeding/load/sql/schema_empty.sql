-- Whether schema platformdb is there and holds nothing any more.
SELECT to_regnamespace('platformdb') IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass
                    AND refobjid = to_regnamespace('platformdb') AND deptype = 'n')
