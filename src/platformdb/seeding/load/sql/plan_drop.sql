DROP TABLE platformdb.seed_loaded, platformdb.seed_plan
