SELECT to_jsonb(s) FROM platformdb.seed AS s WHERE platform = %s
