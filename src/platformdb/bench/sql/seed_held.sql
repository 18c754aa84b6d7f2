SELECT profile, seed, rows FROM platformdb.seed WHERE platform = %s
