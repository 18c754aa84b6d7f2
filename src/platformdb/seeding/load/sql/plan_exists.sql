SELECT to_regclass('platformdb.seed_plan') IS NOT NULL
