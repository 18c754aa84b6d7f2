DELETE FROM platformdb.seed WHERE platform = %s
