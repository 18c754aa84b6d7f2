DELETE FROM platformdb.lease
WHERE token = (SELECT token FROM platformdb.lease WHERE token = %s FOR UPDATE SKIP LOCKED)
RETURNING 1
