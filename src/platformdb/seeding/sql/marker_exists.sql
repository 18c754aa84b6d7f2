SELECT to_regclass('platformdb.seed') IS NOT NULL
