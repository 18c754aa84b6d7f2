SELECT profile, seed, checksum, rows, tables FROM platformdb.seed WHERE platform = %s
