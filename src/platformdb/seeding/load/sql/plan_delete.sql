WITH loaded AS (DELETE FROM platformdb.seed_loaded WHERE platform = %(platform)s),
gone AS (DELETE FROM platformdb.seed_plan WHERE platform = %(platform)s)
SELECT count(*) FROM platformdb.seed_plan WHERE platform <> %(platform)s
