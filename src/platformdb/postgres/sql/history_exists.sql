SELECT to_regclass('platformdb.history') IS NOT NULL
