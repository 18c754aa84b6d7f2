-- Whether schema platformdb is there.
SELECT to_regnamespace('platformdb') IS NOT NULL
