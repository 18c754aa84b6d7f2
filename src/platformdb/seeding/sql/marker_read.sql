SELECT profile, seed, checksum, rows FROM platformdb.seed WHERE platform = %s
