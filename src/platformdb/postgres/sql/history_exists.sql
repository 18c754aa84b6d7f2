SELECT to_regnamespace('platformdb') IS NOT NULL,
       to_regclass('platformdb.history') IS NOT NULL,
       EXISTS (
           SELECT
           FROM pg_attribute
           WHERE attrelid = to_regclass('platformdb.history')
             AND attname = 'previous'
       )
