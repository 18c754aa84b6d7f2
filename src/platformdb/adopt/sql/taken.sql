-- Whether anything in the history of a platform was taken over: its text begins so.
SELECT EXISTS (SELECT FROM platformdb.history WHERE platform = %s AND starts_with(sql, %s))
