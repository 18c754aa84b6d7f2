SELECT profile FROM platformdb.seed WHERE platform = %s
