UPDATE platformdb.seed_plan SET checking = TRUE WHERE platform = %s
